/**
 * The parts of the S3 client that the archive uses. Loaded only when a bucket is configured. Imported by name here, and late as a whole:
 * in the bundle, a package of CommonJS that is imported late has no names.
 */
export {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
