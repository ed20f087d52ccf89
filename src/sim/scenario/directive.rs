//! What to say about a setting that a gateway does not know: a product's own name for one, or nobody's.

use serde_json::Value;

use super::GatewaySettings;
use crate::sim::dialect::{Dialect, DialectName, Setting, dialect};

/// What may stand in place of an unknown field of a gateway's settings, as the end of "expected ..."; none where the
/// pointer is no such field.
pub(super) fn meant(whole: &Value, pointer: &str, field: &str) -> Option<String> {
    let product = product(whole, pointer)?;
    let named =
        |d: &dyn Dialect| settings().find(|s| d.directive(*s).split(", ").any(|own| alike(own, field)));
    if let Some(setting) = named(product) {
        let (title, own) = (product.title(), product.directive(setting));
        return Some(match product.supports(setting, &GatewaySettings::default()) {
            Ok(()) => format!("`{}`, which is what {title} calls `{own}`", setting.field()),
            Err(instead) => format!("nothing: {title} has `{own}`, but it is not modelled; {instead}"),
        });
    }
    let has: Vec<String> = settings()
        .filter(|s| product.supports(*s, &GatewaySettings::default()).is_ok())
        .map(|s| match product.directive(s) {
            own if own == s.field() => s.field().to_owned(),
            own => format!("{} ({own})", s.field()),
        })
        .collect();
    let title = product.title();
    let others = DialectName::ALL.iter().map(|name| dialect(*name));
    let whose = others.filter_map(|d| named(d).map(|setting| (d, setting))).next().map(|(d, setting)| {
        let here = match product.supports(setting, &GatewaySettings::default()) {
            Ok(()) => format!("{title} has `{}`", setting.field()),
            Err(instead) => format!("{title} has nothing like it; {instead}"),
        };
        format!("no such field here: it is {}'s name for `{}`, and {here}", d.title(), setting.field())
    });
    Some(whose.unwrap_or_else(|| format!("no such field here; {title} has {}", has.join(", "))))
}

fn settings() -> impl Iterator<Item = Setting> {
    Setting::ALL.into_iter().chain(Setting::MORE)
}

/// The product whose settings the pointer leads into.
fn product(whole: &Value, pointer: &str) -> Option<&'static dyn Dialect> {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let gateway = match steps.as_slice() {
        ["gateways", index, "settings"] | ["gateways", index, "settings", _] => {
            whole.pointer(&format!("/gateways/{index}"))?
        }
        ["timeline", index, "do", "set", "to", "gateway"]
        | ["timeline", index, "do", "set", "to", "gateway", _] => {
            let node = whole.pointer(&format!("/timeline/{index}/do/set/node"))?.as_str()?;
            let id = |g: &Value| g.get("id").and_then(Value::as_str).unwrap_or("gateway").to_owned();
            whole.get("gateways")?.as_array()?.iter().find(|g| id(g) == node)?
        }
        _ => return None,
    };
    let name = gateway.get("dialect").and_then(|name| crate::sim::json::read(name).ok());
    Some(dialect(name.unwrap_or_default()))
}

/// True if two names differ in nothing but spaces, dots, case and what joins their words.
fn alike(own: &str, field: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let own = letters(own);
    !own.is_empty() && own == letters(field)
}
