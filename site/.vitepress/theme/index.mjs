// The default theme, and what the documents need of their own.
import theme from "vitepress/theme-without-fonts";
import "./documents.css";

export default theme;
