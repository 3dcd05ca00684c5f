// Type-aware rules for all TypeScript, and the layers of docs/adr/001: a folder may import only from those below it.
import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Lowest first. A folder may import from itself and from folders of lower rank. */
const layers = [
  ["runtime"],
  ["api"],
  ["configuration", "templates"],
  ["archive", "argo", "github"],
  ["admission", "runs", "telemetry"],
  ["kinds", "convert", "operations", "cloud-events", "deliveries", "schedules"],
  ["operator", "server", "gateway"],
  ["page"],
  ["cluster"],
  ["demo"],
  ["cli"],
  ["generate"],
];

const layerRules = layers.flatMap((folders, rank) =>
  folders.map((folder) => {
    const above = layers.slice(rank + 1).flat();
    const beside = folders.filter((other) => other !== folder);
    return {
      files: [`src/${folder}/**/*.{ts,tsx}`],
      rules: {
        "no-restricted-imports": [
          "error",
          {
            patterns: [
              {
                regex: `^(\\.\\./)+(${[...above, ...beside].join("|")})(/|\\.js$)`,
                message: `src/${folder} may not import from this layer: see docs/adr/001-layers.md.`,
              },
            ],
          },
        ],
      },
    };
  }),
);

export default tseslint.config(
  {
    ignores: [
      "bundle/",
      "dist/",
      "build/",
      ".tap/",
      "**/node_modules/",
      "site/dist/",
      "src/*/generated/",
      "test/fixtures/",
    ],
  },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // generics carry a resource's type from its declaration to its result
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: "error",
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // tap keeps the promises of its subtests itself
      "@typescript-eslint/no-floating-promises": [
        "error",
        { allowForKnownSafePromises: [{ from: "package", package: "@tapjs/core", name: "PromiseWithSubtest" }] },
      ],
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", setTimeout: "readonly" } },
  },
  ...layerRules,
  {
    // it runs in browsers: of the other folders it has types alone
    files: ["src/page/**/*.{ts,tsx}"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: "^\\.\\./",
              allowTypeImports: true,
              message: "The page may import only types from other folders.",
            },
          ],
        },
      ],
    },
  },
);
