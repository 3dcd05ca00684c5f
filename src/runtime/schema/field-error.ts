/**
 * A violation at one field, in the vocabulary of k8s.io/apimachinery's field.Error, so that what our webhook says reads
 * like what the API server says, and both can be compared.
 */
export interface FieldError {
  /** Path from the object's root: `spec.markdownFiles[0].filename`; a map's key is `spec.env[KEY]`. */
  readonly field: string;
  readonly reason: FieldErrorReason;
  /** What is wrong and what to write instead. Without the field's path. */
  readonly message: string;
}

/** Values of status.details.causes[].reason. */
export type FieldErrorReason =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueDuplicate"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "FieldValueNotFound"
  | "InternalError";

/** `field: message`, one violation as a person reads it. */
export function formatFieldError(error: FieldError): string {
  return error.field === "" ? error.message : `${error.field}: ${error.message}`;
}
