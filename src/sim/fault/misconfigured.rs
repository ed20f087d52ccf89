//! The application was deployed with a wrong configuration.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, OnRead, Place};
use crate::sim::message::{Template, reason_phrase};
use crate::sim::time::SimDuration;

/// The application answers at once, before it does any work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Misconfigured {
    /// What is wrong; a setting is missing by default.
    pub what: Missing,
}

/// What is wrong with a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// A setting that every request needs is not there: an exception each time.
    #[default]
    Setting,
    /// The module that knows the methods is not loaded.
    Module,
    /// The routes are not mounted.
    Routes,
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "misconfigured",
    place: Place::Origin,
    group: Group::AnswersWithAnError,
    title: "Misconfigured",
    summary: "The application was deployed without a setting that it needs.",
    mechanism: "Every request fails at once, before anything is asked of the database.",
    default: || Misconfigured::default().into(),
};

impl Behaviour for Misconfigured {
    fn on_read(&self) -> Option<OnRead> {
        Some(OnRead::AnswerAfter(SimDuration::ZERO))
    }

    fn answers_alone(&self) -> bool {
        true
    }

    fn answer(&self, usual: &Template) -> Option<Template> {
        let (status, why) = match self.what {
            Missing::Setting => (500, "internal server error"),
            Missing::Module => (501, "this server does not know the method"),
            Missing::Routes => (404, "no such path"),
        };
        let mut template = usual.clone();
        template.status = Some(status);
        template.reason = reason_phrase(status).to_owned();
        template.body = format!("{{\"error\": \"{why}\"}}");
        template
            .headers
            .retain(|(n, _)| !["location", "etag", "allow"].contains(&n.to_ascii_lowercase().as_str()));
        Some(template)
    }

    fn label(&self) -> String {
        match self.what {
            Missing::Setting => "a setting is missing",
            Missing::Module => "a module is missing",
            Missing::Routes => "routes are missing",
        }
        .to_owned()
    }
}
