// Asks a running gateway for planets as if they were files of this page, so that it needs no CORS.
export default { server: { proxy: { "/v1": process.env.GATEWAY ?? "http://127.0.0.1:8000" } } };
