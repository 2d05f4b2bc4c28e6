/** The parts of QingStor's JavaScript SDK that tests use; it has no types of its own. */
declare module 'qingstor-sdk' {
  interface Operation {
    readonly api: string;
    readonly method: string;
    /** Contains `<bucket-name>` and `<object-key>`. */
    readonly uri: string;
    readonly params: Readonly<Record<string, string | number>>;
    readonly headers: Readonly<Record<string, string>>;
    /** The elements of a document. */
    readonly elements: Readonly<Record<string, unknown>>;
    readonly body?: string | Buffer | NodeJS.ReadableStream | undefined;
    readonly properties: Readonly<Record<string, string>>;
  }

  interface Answer {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | undefined>>;
    /** Parsed if it is JSON. */
    readonly data: unknown;
  }

  type Options = Readonly<Record<string, unknown>>;

  class Config {
    constructor(options: Options);
    readonly host: string;
  }

  class Request {
    constructor(config: Config, operation: Operation);
    readonly operation: { readonly uri: string };
    build(): this;
    send(): Promise<Answer>;
    signQuery(seconds: number): Promise<this>;
  }

  class Bucket {
    put(): Promise<Answer>;
    head(): Promise<Answer>;
    delete(): Promise<Answer>;
    getACL(): Promise<Answer>;
    putACL(options: Options): Promise<Answer>;
    getCORS(): Promise<Answer>;
    putCORS(options: { readonly cors_rules: readonly object[] }): Promise<Answer>;
    deleteCORS(): Promise<Answer>;
    listObjects(options?: Options): Promise<Answer>;
    listMultipartUploads(options?: Options): Promise<Answer>;
    deleteMultipleObjects(options: Options): Promise<Answer>;
    putObject(key: string, options?: Options): Promise<Answer>;
    getObject(key: string, options?: Options): Promise<Answer>;
    headObject(key: string, options?: Options): Promise<Answer>;
    deleteObject(key: string): Promise<Answer>;
    initiateMultipartUpload(key: string, options?: Options): Promise<Answer>;
    uploadMultipart(key: string, options: Options): Promise<Answer>;
    listMultipart(key: string, options: Options): Promise<Answer>;
    completeMultipartUpload(key: string, options: Options): Promise<Answer>;
    abortMultipartUpload(key: string, options: Options): Promise<Answer>;
    getObjectRequest(key: string, options?: Options): Request;
  }

  class QingStor {
    constructor(config: Config);
    listBuckets(options?: Options): Promise<Answer>;
    Bucket(name: string): Bucket;
  }
}
