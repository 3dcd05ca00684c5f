import t from "tap";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import { conversionEndpoint, hubAndSpokes, spoke } from "#src/runtime/webhook/conversion.js";
import { BadReviewError } from "#src/runtime/webhook/endpoint.js";

interface WidgetV1 extends KubernetesObject {
  spec: { size: string };
}
interface WidgetV2 extends KubernetesObject {
  spec: { width: number; height: number };
}
interface WidgetV3 extends KubernetesObject {
  spec: { area: number };
}

const converter = hubAndSpokes<WidgetV2>(
  "test.io/v2",
  spoke<WidgetV1, WidgetV2>({
    apiVersion: "test.io/v1",
    toHub: ({ spec, ...rest }) => {
      const [width = 0, height = 0] = spec.size.split("x").map(Number);
      if (Number.isNaN(width)) throw new Error(`spec.size: ${spec.size} is no size`);
      return { ...rest, spec: { width, height } };
    },
    fromHub: ({ spec, ...rest }) => ({ ...rest, spec: { size: `${spec.width}x${spec.height}` } }),
  }),
  spoke<WidgetV3, WidgetV2>({
    apiVersion: "test.io/v3",
    toHub: ({ spec, ...rest }) => ({ ...rest, spec: { width: spec.area, height: 1 } }),
    fromHub: ({ spec, metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, name: "another", uid: "another", annotations: { width: String(spec.width) } },
      spec: { area: spec.width * spec.height },
    }),
  }),
);
const endpoint = conversionEndpoint(converter);

const widget = (apiVersion: string, spec: object): KubernetesObject =>
  ({
    apiVersion,
    kind: "Widget",
    metadata: { name: "w", namespace: "n", uid: "u", labels: { a: "b" } },
    spec,
  }) as KubernetesObject;

async function convert(desiredAPIVersion: string, ...objects: unknown[]): Promise<unknown> {
  const request = { uid: "one", desiredAPIVersion, objects };
  const review = endpoint.read({ apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", request });
  return review.decide();
}

t.test("any version converts to any other by way of the hub, in the order of the request", async (t) => {
  t.match(await convert("test.io/v2", widget("test.io/v1", { size: "2x3" }), widget("test.io/v3", { area: 5 })), {
    result: { status: "Success" },
    convertedObjects: [widget("test.io/v2", { width: 2, height: 3 }), widget("test.io/v2", { width: 5, height: 1 })],
  });
  t.match(await convert("test.io/v1", widget("test.io/v3", { area: 5 })), {
    convertedObjects: [widget("test.io/v1", { size: "5x1" })],
  });
  t.same(await convert("test.io/v1", widget("test.io/v1", { size: "2x3" })), {
    convertedObjects: [widget("test.io/v1", { size: "2x3" })],
    result: { status: "Success" },
  });
});

t.test("of the metadata, a converter changes only labels and annotations", async (t) => {
  t.same(await convert("test.io/v3", widget("test.io/v2", { width: 2, height: 3 })), {
    convertedObjects: [
      {
        apiVersion: "test.io/v3",
        kind: "Widget",
        metadata: { name: "w", namespace: "n", uid: "u", labels: { a: "b" }, annotations: { width: "2" } },
        spec: { area: 6 },
      },
    ],
    result: { status: "Success" },
  });
});

t.test("one object that cannot be converted fails the whole review, and is named", async (t) => {
  t.same(await convert("test.io/v2", widget("test.io/v1", { size: "2x3" }), widget("test.io/v1", { size: "big" })), {
    convertedObjects: [],
    result: { status: "Failure", message: "Widget n/w: spec.size: big is no size" },
  });
  t.match(await convert("test.io/v9", widget("test.io/v1", { size: "2x3" })), {
    result: {
      message: "Widget n/w: version test.io/v9 is unknown; known versions: test.io/v2, test.io/v1, test.io/v3",
    },
  });
});

t.test("an invalid ConversionReview is refused with the reason", (t) => {
  const read = (body: unknown) => () => endpoint.read(body);
  const review = (request: unknown) => ({ apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", request });
  const fault = (message: RegExp) => ({ name: BadReviewError.name, message });
  t.throws(read(null), fault(/not a JSON object/));
  t.throws(read({ kind: "AdmissionReview" }), fault(/not a ConversionReview/));
  t.throws(read(review(undefined)), fault(/request is missing/));
  t.throws(read(review({ uid: "" })), fault(/uid is missing/));
  t.throws(read(review({ uid: "u" })), fault(/desiredAPIVersion is missing/));
  t.throws(read(review({ uid: "u", desiredAPIVersion: "v", objects: [1] })), fault(/not a list of objects/));
  t.end();
});
