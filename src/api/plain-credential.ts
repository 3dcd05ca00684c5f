/** Usual names of variables that contain credentials. */
const credentialName =
  /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?|PAT)(_|$)/i;
/** Prefixes of credentials from well-known issuers. */
const credentialValue =
  /^(gh[pousr]_|github_pat_|glpat-|sk-|xox[abprs]-|AKIA|ASIA|AIza|eyJ[\w-]+\.eyJ|-----BEGIN [A-Z ]*PRIVATE KEY-----|npm_)/;
/** The user and the password of each URL in a text. */
const urlUser = /[a-z][a-z0-9+.-]{0,30}:\/\/([^\s/?#@:]{0,512})(?::([^\s/?#@]{1,512}))?@/gi;
/** A value that the kubelet or a shell puts in later. */
const reference = /^\$[({]?\w+[)}]?$/;

/** Whether a variable looks like a credential: by its name, its value, or a URL with a password in its value. */
export function looksLikeCredential(name: string, value: string): boolean {
  return value !== "" && (credentialName.test(name) || credentialValue.test(value) || hasUrlWithCredential(value));
}

function hasUrlWithCredential(value: string): boolean {
  return [...value.matchAll(urlUser)].some(([, user = "", password]) =>
    password === undefined ? credentialValue.test(user) : !reference.test(password),
  );
}
