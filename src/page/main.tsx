/** The entry point of the page. */
import { render } from "preact";
import { startClock } from "./age.js";
import { followKeys } from "./keys.js";
import { followNavigation } from "./location.js";
import { Page } from "./page.js";
import { loadSession } from "./session.js";
import { applyTheme } from "./theme.js";

applyTheme();
startClock();
followNavigation();
followKeys();
const place = document.getElementById("page");
if (place !== null) render(<Page />, place);
void loadSession();
