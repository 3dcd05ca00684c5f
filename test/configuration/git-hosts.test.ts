import t from "tap";
import { gitServer } from "#src/configuration/git-hosts.js";

const serverOf = (url: string, ...hosts: { readonly host: string; readonly apiUrl?: string }[]): unknown =>
  gitServer(url, { git: { hosts } });

t.test("an entry matches its host, by https and by SSH, in any case", (t) => {
  const server = { host: "git.example", apiUrl: "https://git.example/api/v3" };
  const urls = [
    ...["https://git.example/a/b", "https://GIT.example:443/a/b", "git@git.example:a/b", "ssh://git@git.example/a/b"],
    ...["ssh://git@git.example:22/a/b", "https://user@git.example/a/b"],
  ];
  for (const url of urls) t.same(serverOf(url, { host: "git.example" }), server, url);
  for (const url of ["https://git.example:8443/a/b", "ssh://git.example:2222/a", "https://x.git.example/a", "a/b"])
    t.equal(serverOf(url, { host: "git.example" }), undefined, url);
  t.end();
});

t.test("an entry with a port, with every port, or for a domain matches nothing else", (t) => {
  const port = { host: "git.example:8443" };
  t.match(serverOf("https://git.example:8443/a/b", port), { apiUrl: "https://git.example:8443/api/v3" });
  t.equal(serverOf("https://git.example/a/b", port), undefined);
  const every = { host: "git.example:*" };
  for (const url of ["https://git.example/a", "https://git.example:1/a"]) t.ok(serverOf(url, every), url);
  t.equal(serverOf("https://git.example.evil:1/a", every), undefined);
  const domain = { host: "*.example.com" };
  for (const url of ["https://git.example.com/a", "git@a.b.example.com:c/d"]) t.ok(serverOf(url, domain), url);
  for (const url of ["https://example.com/a", "https://evilexample.com/a", "https://.example.com:1/a"])
    t.equal(serverOf(url, domain), undefined, url);
  t.end();
});

t.test("GitHub's API is that of github.com, of the entry, or of the host", (t) => {
  t.match(serverOf("a/b", { host: "github.com" }), { host: "github.com", apiUrl: "https://api.github.com" });
  const entry = { host: "ssh.example", apiUrl: "https://git.example/api/v3/" };
  t.match(serverOf("git@ssh.example:a/b", entry), { apiUrl: "https://git.example/api/v3" });
  t.end();
});
