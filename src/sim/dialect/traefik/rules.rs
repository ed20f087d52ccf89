//! The rules of Traefik 3.7.15, each with its source.

use crate::sim::dialect::{Rule, RuleId};

rules! {
    UNREACHABLE: "network-error",
        "Traefik answers 502 when no connection to the server comes about",
        "pkg/proxy/httputil/proxy.go 3.7, ComputeStatusCode: a net.Error that is no time-out; recordings: traefik tuned refused, unreachable, dns_fail";
    DIAL_TIMEOUT: "dial-timeout",
        "Traefik answers 504 when the connection does not open in that time",
        "pkg/proxy/httputil/proxy.go 3.7, ComputeStatusCode: a net.Error that is a time-out; recordings: traefik tuned blackhole, unreachable_arp, defaults blackhole (30 s)";
    ENDED: "eof",
        "Traefik answers 502 when the connection ends before the first byte of an answer",
        "pkg/proxy/httputil/proxy.go 3.7, ComputeStatusCode: io.EOF, or a net.Error; recordings: traefik tuned accept_close, accept_rst, read_close, read_rst";
    HEADER_TIMEOUT: "response-header-timeout",
        "Traefik answers 504 when the head of the answer is not whole in that time; single bytes do not help",
        "Documentation of forwardingTimeouts.responseHeaderTimeout (0, which is for ever); recordings: traefik tuned freeze, slow_over, drip_headers, defaults freeze";
    TLS_FAILED: "tls-error",
        "Traefik answers 500 when TLS to the server fails, since that is no error of the network to it",
        "pkg/proxy/httputil/proxy.go 3.7, ComputeStatusCode: anything else is 500; recordings: traefik tuned tls_plaintext, tls_bad_cert";
    NO_HTTP: "malformed-response",
        "Traefik answers 500 when what comes is no valid answer, or breaks off within its head",
        "pkg/proxy/httputil/proxy.go 3.7, ComputeStatusCode: io.ErrUnexpectedEOF and errors of net/http are 500; recordings: traefik tuned garbage, http09, partial_headers, header_nul, conflicting_cl";
    HEAD_TOO_LARGE: "response-headers-exceeded",
        "Traefik answers 500 when the head of the answer has more than 10 MiB",
        "Inferred: net/http of Go 1.26, Transport.MaxResponseHeaderBytes is not set and counts as 10 << 20; recordings: traefik tuned header_too_large, many_headers pass";
    PANIC: "write-header-panic",
        "Traefik closes without a byte when the status is below 100: it cannot write such a status, and panics",
        "net/http of Go, checkWriteHeaderCode, and pkg/middlewares/recovery 3.7; recordings: traefik tuned status_042, retry status_042";
    CUT_SHORT: "abort-handler",
        "Traefik has sent the status already, so it can only close the client's connection",
        "net/http/httputil of Go, ReverseProxy panics with ErrAbortHandler; recordings: traefik tuned body_truncated_fin, body_truncated_rst, bad_chunk_size";
    NOT_FLUSHED: "nothing-flushed",
        "Traefik closes without a byte when the body breaks off before anything of it was flushed",
        "Inferred: net/http of Go, a handler that aborts leaves its buffer unwritten; responseForwarding.flushInterval is 100 ms";
    BUFFERED: "buffer-aborted",
        "Traefik answers 500 when the body breaks off while it gathers it",
        "Inferred: pkg/middlewares/recovery 3.7, finalizeResponse, since vulcand/oxy's buffer has written nothing yet";
    KEPT_CONNECTION_GONE: "kept-connection-gone",
        "Traefik asks again over a new connection when a kept one ends before an answer, for methods without a body",
        "net/http of Go, persistConn.shouldRetryRequest; recordings: traefik tuned keepalive_race_fin, keepalive_race_rst, sequence keepalive_race_get";
    NOT_REPLAYED: "not-replayable",
        "Traefik answers 502 when a kept connection ends before an answer to a request with a body",
        "net/http of Go, Request.isReplayable; recordings: traefik tuned keepalive_race_rst POST, sequence keepalive_race_post";
    NO_SERVER: "no-available-server",
        "Traefik answers 503 at once when no server of the service is up",
        "pkg/server/service/loadbalancer/wrr/wrr.go 3.7, errNoAvailableServer; recording: traefik sequence health_kill1";
    RETRY: "retry",
        "Traefik tries again, since nothing of the request was sent",
        "pkg/middlewares/retry/retry.go 3.7, WriteHeader: wroteRequest; recordings: traefik retry refused, blackhole, tls_bad_cert, POST like GET";
    RETRY_STATUS: "retry-status",
        "Traefik reads this answer to its end, drops it and tries again",
        "pkg/middlewares/retry/retry.go 3.7, WriteHeader: statusCodeRange, and Write";
    RETRY_OWN_STATUS: "retry-own-status",
        "Traefik tries again, since the status that it would answer with is named",
        "pkg/middlewares/retry/retry.go 3.7, WriteHeader: an answer of the proxy's own passes it like the server's";
    WAS_SENT: "request-written",
        "Traefik does not try again, since the request was sent",
        "pkg/middlewares/retry/retry.go 3.7, WriteHeader: wroteRequest; recordings: traefik retry read_close, freeze, garbage";
    ATTEMPTS_USED: "attempts-used",
        "Traefik has no attempt left",
        "Documentation of retry.attempts; recordings: traefik retry refused: three connections";
    RETRY_TIMEOUT: "retry-timeout",
        "Traefik does not try again after that time",
        "Documentation of retry.timeout; pkg/middlewares/retry/retry.go 3.7, timedOut";
    RATE_LIMITED: "rate-limit",
        "Traefik answers 429 with Retry-After when the next token is too far away",
        "pkg/middlewares/ratelimiter/rate_limiter.go 3.7, serveDelayError; recording: traefik sequence rate_limit";
    IN_FLIGHT: "in-flight-req",
        "Traefik answers 429 when as many requests are under way as inFlightReq lets through",
        "pkg/middlewares/inflightreq 3.7 and connlimit of vulcand/oxy v2; documentation of inFlightReq.amount";
    BREAKER: "circuit-breaker",
        "Traefik answers by itself while its circuit breaker keeps requests away",
        "pkg/middlewares/circuitbreaker 3.7 and cbreaker of vulcand/oxy v2; recordings: traefik sequences circuit_5xx, circuit_network_error";
    MAINTENANCE: "no-servers",
        "Traefik answers 503 without asking anybody when the service lists no server",
        "pkg/server/service/loadbalancer/wrr/wrr.go 3.7, errNoAvailableServer";
    BODY_TOO_LARGE: "max-request-body-bytes",
        "Traefik answers 413 when the body of a request is larger than that",
        "Documentation of buffering.maxRequestBodyBytes (0, which is no limit); buffer of vulcand/oxy v2, checkLimit and SizeErrHandler";
    BAD_TARGET: "bad-request",
        "Traefik answers 400 and closes the connection when an escape in the target of a request is none",
        "net/http of Go, conn.serve, and net/url, ParseRequestURI, before Traefik sees the request";
}
