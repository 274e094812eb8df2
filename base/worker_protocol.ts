/** What goes to a worker. */
export type WorkerRequest<Request> =
  | { readonly type: "request"; readonly request: Request }
  | { readonly type: "abort" };

/** What comes from a worker, one answer to each request. */
export type WorkerAnswer<Answer> =
  | { readonly type: "answer"; readonly answer: Answer }
  | { readonly type: "aborted" }
  | {
    readonly type: "failed";
    /** The error's parts: classes do not cross from a worker. */
    readonly error: {
      readonly name: string;
      readonly code: string | undefined;
      readonly message: string;
      readonly subject: string | undefined;
      readonly hint: string | undefined;
    };
  };
