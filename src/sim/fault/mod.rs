//! Ways to fail. One file each; the registry below is the only list.
//!
//! A fault is placed on an origin, a dependency or a link. It changes what that place does, never a
//! status: which answer follows is up to whoever notices. A new fault is one file and one line in
//! the registry; the picker, the codec and the checks follow.

mod accept_then_close;
mod added_latency;
mod address_moved;
mod answer_cut;
pub(crate) mod application_error;
mod bad_certificate;
mod bad_framing;
mod black_hole;
mod crash_after_read;
mod crash_in_body;
mod crash_loop;
mod dependency_down;
mod dependency_errors;
mod drip_head;
mod frozen;
mod hangs_up_on_reuse;
mod head_too_large;
mod idle_forgotten;
mod lock_held;
mod malformed_head;
mod memory_leak;
mod misconfigured;
mod name_not_resolved;
mod packet_loss;
mod plaintext;
mod process_down;
mod refused;
mod reset;
mod slow_answer;
mod slow_body;
mod slow_query;
mod unhandled_exception;
mod unreachable;
mod worker_pool_busy;

use serde::{Deserialize, Serialize};

use super::message::{Message, Template};
use super::scenario::{Distribution, ScenarioError};
use super::time::SimDuration;

/// Where a fault can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A server of the application.
    Origin,
    /// The network in front of a node.
    Link,
    /// Something that origins ask.
    Dependency,
}

impl Place {
    /// With its article, for messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Origin => "an origin",
            Self::Link => "a link",
            Self::Dependency => "a dependency",
        }
    }
}

/// What the neighbour notices: how the picker groups faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// No connection comes about.
    NeverConnects,
    /// The connection opens, and nothing comes.
    GivesNoAnswer,
    /// What comes cannot be read.
    AnswersBadly,
    /// The answer begins and does not end.
    RunsShort,
    /// The answer comes late.
    Late,
    /// The answer is an error of its own.
    AnswersWithAnError,
}

impl Group {
    /// The heading of the group.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NeverConnects => "Never connects",
            Self::GivesNoAnswer => "Gives no answer",
            Self::AnswersBadly => "Answers badly",
            Self::RunsShort => "Runs short",
            Self::Late => "Late",
            Self::AnswersWithAnError => "Answers with an error of its own",
        }
    }
}

/// What there is to say about a kind of fault.
#[derive(Clone, Copy, Debug)]
pub struct FaultInfo {
    /// Its name in scenarios.
    pub kind: &'static str,
    /// Where it can be.
    pub place: Place,
    /// What the neighbour notices.
    pub group: Group,
    /// What a person calls it.
    pub title: &'static str,
    /// One sentence: what is broken.
    pub summary: &'static str,
    /// One sentence: what then happens on the wire.
    pub mechanism: &'static str,
    /// The fault with its usual parameters.
    pub default: fn() -> Fault,
}

/// What becomes of a connection that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnConnect {
    /// Nobody listens: the kernel refuses.
    Refuse,
    /// It is opened and closed at once, before the request is read.
    AcceptThenEnd { reset: bool },
}

/// What becomes of a request that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRead {
    /// The process dies or closes without an answer.
    End { reset: bool },
    /// The answer is written after this long, instead of the usual work.
    AnswerAfter(SimDuration),
}

/// What becomes of a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnHandshake {
    /// What comes back is no TLS.
    Plaintext,
    /// The caller does not trust the certificate.
    BadCertificate,
}

/// One step of an answer that is not written in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes of the head that do not complete it.
    HeadPart,
    /// The status line, whole.
    StatusLine,
    /// The head, complete.
    Head(Message),
    /// Bytes of the body.
    Body(u32),
    /// A chunk that cannot be read.
    BadChunk,
    /// The end of the body, as the framing tells it.
    End,
    /// The end of the connection.
    Close,
    /// The end of the connection by reset.
    Reset,
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct LinkCondition {
    /// Everything vanishes.
    pub(crate) black_hole: bool,
    /// New connections are refused on the way.
    pub(crate) refuse: bool,
    /// There is no way to the host; the error comes after this long.
    pub(crate) unreachable_after: Option<SimDuration>,
    /// The name of the host does not resolve.
    pub(crate) name_not_resolved: bool,
    /// Every connection is reset as soon as data crosses it.
    pub(crate) reset: bool,
    /// Every crossing takes this much longer.
    pub(crate) added_latency: SimDuration,
    /// The share of packets that are lost and sent again.
    pub(crate) loss: f64,
    /// Connections that were idle for longer are dead, and neither end knows.
    pub(crate) forgets_after: Option<SimDuration>,
    /// The host has moved; what is at its old address.
    pub(crate) moved: Option<OldAddress>,
}

/// What a fault changes. Each method answers none (or does nothing) where the fault does not concern it.
pub(crate) trait Behaviour {
    /// What becomes of a connection that arrives at an origin.
    fn on_connect(&self) -> Option<OnConnect> {
        None
    }
    /// What becomes of a request that an origin has read.
    fn on_read(&self) -> Option<OnRead> {
        None
    }
    /// What becomes of a request that arrives on a connection which carried one before.
    fn on_reuse(&self) -> Option<OnRead> {
        None
    }
    /// What becomes of a TLS handshake.
    fn on_handshake(&self) -> Option<OnHandshake> {
        None
    }
    /// True if the process does nothing at all while the fault lasts.
    fn freezes(&self) -> bool {
        false
    }
    /// True if the process is gone while the fault lasts.
    fn kills(&self) -> bool {
        false
    }
    /// The share of requests that end in an unhandled exception.
    fn exception_share(&self) -> Option<f64> {
        None
    }
    /// The answer that an origin writes, in place of `usual`.
    fn answer(&self, _usual: &Template) -> Option<Template> {
        None
    }
    /// The answer in pieces, each with the pause before it.
    fn pieces(&self, _answer: Message, _template: &Template) -> Option<Vec<(SimDuration, Piece)>> {
        None
    }
    /// What changes about a link.
    fn condition(&self, _link: &mut LinkCondition) {}
    /// True if the application answers with an error before it does anything.
    fn answers_alone(&self) -> bool {
        false
    }
    /// How many of an origin's workers are stuck.
    fn stuck_workers(&self) -> u32 {
        0
    }
    /// How long after the last byte of a broken answer the whole process dies.
    fn dies_writing(&self) -> Option<SimDuration> {
        None
    }
    /// How long the process lives after each start.
    fn crashes_after(&self) -> Option<SimDuration> {
        None
    }
    /// How the process's memory grows.
    fn leak(&self) -> Option<MemoryLeak> {
        None
    }
    /// The share of a dependency's queries that fail.
    fn error_share(&self) -> Option<f64> {
        None
    }
    /// True if writing queries of a dependency wait for a lock.
    fn locks(&self) -> bool {
        false
    }
    /// How long a dependency's queries take.
    fn query_time(&self) -> Option<Distribution> {
        None
    }
    /// Checks parameters; `at` is the fault's JSON pointer.
    fn check(&self, _at: &str) -> Result<(), ScenarioError> {
        Ok(())
    }
    /// A few words for the chip: what is broken, with its figure.
    fn label(&self) -> String;
}

macro_rules! registry {
    ($($module:ident :: $name:ident),* $(,)?) => {
        /// A fault with its parameters, as scenarios write it: `{"slow_query": {"query_time": {"fixed": "3.5s"}}}`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub enum Fault {
            $(
                #[doc = concat!("See the file `", stringify!($module), ".rs`.")]
                $name($module::$name),
            )*
        }

        /// A kind of fault, without parameters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum FaultKind {
            $(
                #[doc = concat!("See the file `", stringify!($module), ".rs`.")]
                $name,
            )*
        }

        /// What there is to say about each kind, in the order of the picker.
        pub const ALL: &[FaultInfo] = &[$($module::INFO),*];

        impl Fault {
            /// Its kind.
            pub const fn kind(&self) -> FaultKind {
                match self { $(Self::$name(_) => FaultKind::$name),* }
            }

            pub(crate) fn behaviour(&self) -> &dyn Behaviour {
                match self { $(Self::$name(fault) => fault),* }
            }
        }

        impl FaultKind {
            /// What there is to say about it.
            pub const fn info(self) -> &'static FaultInfo {
                match self { $(Self::$name => &$module::INFO),* }
            }
        }

        $(
            impl From<$module::$name> for Fault {
                fn from(fault: $module::$name) -> Self {
                    Self::$name(fault)
                }
            }
            pub use $module::$name;
        )*
    };
}

registry! {
    process_down::ProcessDown,
    accept_then_close::AcceptThenClose,
    crash_after_read::CrashAfterRead,
    frozen::Frozen,
    malformed_head::MalformedHead,
    head_too_large::HeadTooLarge,
    bad_framing::BadFraming,
    answer_cut::AnswerCut,
    slow_answer::SlowAnswer,
    slow_body::SlowBody,
    drip_head::DripHead,
    unhandled_exception::UnhandledException,
    application_error::ApplicationError,
    slow_query::SlowQuery,
    refused::Refused,
    unreachable::Unreachable,
    name_not_resolved::NameNotResolved,
    black_hole::BlackHole,
    reset::Reset,
    added_latency::AddedLatency,
    hangs_up_on_reuse::HangsUpOnReuse,
    plaintext::Plaintext,
    bad_certificate::BadCertificate,
    packet_loss::PacketLoss,
    idle_forgotten::IdleForgotten,
    address_moved::AddressMoved,
    crash_in_body::CrashInBody,
    crash_loop::CrashLoop,
    memory_leak::MemoryLeak,
    worker_pool_busy::WorkerPoolBusy,
    misconfigured::Misconfigured,
    dependency_down::DependencyDown,
    dependency_errors::DependencyErrors,
    lock_held::LockHeld,
}

pub use address_moved::OldAddress;
pub use answer_cut::Cut;
pub use application_error::{Code as ErrorCode, Malformed as MalformedRetryAfter};
pub use bad_framing::Contradiction;
pub use malformed_head::Form;
pub use misconfigured::Missing;
pub use unreachable::Why;

impl Fault {
    /// A few words for the chip: what is broken, with its figure.
    pub fn label(&self) -> String {
        self.behaviour().label()
    }

    /// Checks parameters; `at` is the fault's JSON pointer.
    pub(crate) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        self.behaviour().check(at)
    }
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// In order: FIN.
    #[default]
    Close,
    /// At once: RST.
    Reset,
}

impl Ending {
    const fn is_reset(self) -> bool {
        matches!(self, Self::Reset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_name_in_registry_json_and_info() {
        for info in ALL {
            let fault = (info.default)();
            assert_eq!(fault.kind().info().kind, info.kind);
            assert_eq!(serde_json::to_value(fault.kind()).expect("a name"), info.kind);
            let json = serde_json::to_value(&fault).expect("json");
            assert_eq!(json.as_object().expect("an object").keys().collect::<Vec<_>>(), [info.kind]);
            assert_eq!(serde_json::from_value::<Fault>(json).expect("reads back"), fault);
            assert_eq!(fault.check("/faults/0"), Ok(()), "{} must be valid by default", info.kind);
        }
    }

    #[test]
    fn texts_of_faults_are_sentences_that_name_no_status() {
        for info in ALL {
            for text in [info.summary, info.mechanism] {
                assert!(text.ends_with('.') && !text.contains('!'), "{}: {text}", info.kind);
            }
            let all = format!(
                "{}{}{}{}",
                info.title,
                info.summary,
                info.mechanism,
                (info.default)().label().replace("500 ms", "")
            );
            for status in ["500", "501", "502", "503", "504"] {
                // The application's own answer is the one place where a number is the fault's parameter.
                assert!(
                    info.kind == "application_error" || !all.contains(status),
                    "{} hints at {status}",
                    info.kind
                );
            }
        }
    }
}
