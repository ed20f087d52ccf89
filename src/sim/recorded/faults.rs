//! The faults of the recordings as faults of the simulator.

use super::NotBuilt;
use crate::sim::fault::{
    AcceptThenClose, AnswerCut, ApplicationError, BadCertificate, BadFraming, BlackHole, Contradiction,
    CrashAfterRead, Cut, DripHead, Ending, Fault, Form, Frozen, HangsUpOnReuse, HeadTooLarge, MalformedHead,
    NameNotResolved, Plaintext, ProcessDown, SlowAnswer, SlowBody, Unreachable, Why,
};
use crate::sim::scenario::RetryAfter;
use crate::sim::time::SimDuration;

/// The fault of that name; none for those that break nothing.
///
/// # Errors
/// A name that is not known.
pub(super) fn named(name: &str) -> Result<Option<Fault>, NotBuilt> {
    let malformed = |form| Some(MalformedHead { form }.into());
    let framing = |form| Some(BadFraming { form }.into());
    let cut = |how| Some(AnswerCut { how, ..AnswerCut::default() }.into());
    let head = |bytes| Some(HeadTooLarge { bytes, lines: None }.into());
    let slow = |millis| Some(SlowAnswer { delay: SimDuration::from_millis(millis) }.into());
    let own = |status, retry_after| {
        Some(ApplicationError { status, retry_after, ..ApplicationError::default() }.into())
    };
    Ok(match name {
        "ok" | "tls_ok" | "keepalive_idle_close" => None,
        "tls_plaintext" => Some(Plaintext {}.into()),
        "tls_bad_cert" => Some(BadCertificate {}.into()),
        "keepalive_race_fin" | "keepalive_race_fin_sameconn" => {
            Some(HangsUpOnReuse { how: Ending::Close }.into())
        }
        "keepalive_race_rst" | "keepalive_race_rst_sameconn" => {
            Some(HangsUpOnReuse { how: Ending::Reset }.into())
        }
        "refused" => Some(ProcessDown {}.into()),
        "blackhole" => Some(BlackHole {}.into()),
        "unreachable" => Some(Unreachable { why: Why::NoRoute }.into()),
        "unreachable_arp" => Some(Unreachable { why: Why::HostGone }.into()),
        "dns_fail" | "dns_fail_runtime" => Some(NameNotResolved {}.into()),
        "accept_close" => Some(AcceptThenClose { how: Ending::Close }.into()),
        "accept_rst" => Some(AcceptThenClose { how: Ending::Reset }.into()),
        "read_close" => Some(CrashAfterRead { how: Ending::Close }.into()),
        "read_rst" => Some(CrashAfterRead { how: Ending::Reset }.into()),
        "freeze" => Some(Frozen {}.into()),
        "partial_status_line" => malformed(Form::PartialStatusLine),
        "partial_headers" => malformed(Form::PartialHeaders),
        "garbage" => malformed(Form::Garbage),
        "http09" => malformed(Form::Http09),
        "bad_status_line" => malformed(Form::BadStatusLine),
        "status_999" => malformed(Form::Status999),
        "status_042" => malformed(Form::Status042),
        "header_no_colon" => malformed(Form::NoColon),
        "header_nul" => malformed(Form::NulByte),
        "header_9k" => head(9 * 1024),
        "header_20k" => head(20 * 1024),
        "header_too_large" => head(128 * 1024),
        "many_headers" => Some(HeadTooLarge { bytes: 2_000 * 20, lines: Some(2_000) }.into()),
        "conflicting_cl" => framing(Contradiction::ConflictingLength),
        "cl_nonnumeric" => framing(Contradiction::NonnumericLength),
        "cl_and_te" => framing(Contradiction::LengthAndChunked),
        "bad_chunk_size" => framing(Contradiction::BadChunkSize),
        "extra_bytes" => framing(Contradiction::ExtraBytes),
        "body_truncated_fin" => cut(Cut::Close),
        "body_truncated_rst" => cut(Cut::Reset),
        "chunked_truncated" => cut(Cut::Chunked),
        "headers_then_stall" => cut(Cut::Stall),
        "slow_ok_under" | "client_abort_under" => slow(1_200),
        "slow_over" => slow(3_500),
        "client_abort" => slow(5_000),
        "slow_body_under" => Some(SlowBody::default().into()),
        "drip_headers" => Some(DripHead::default().into()),
        "own_429" => own(429, RetryAfter::Seconds(7)),
        "own_503" => own(503, RetryAfter::Seconds(7)),
        "own_500" => own(500, RetryAfter::Absent),
        "own_501" => own(501, RetryAfter::Absent),
        "own_502" => own(502, RetryAfter::Absent),
        "own_504" => own(504, RetryAfter::Absent),
        other => return Err(NotBuilt(format!("fault {other}"))),
    })
}
