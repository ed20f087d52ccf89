//! Parts of the page that are not needed at first: in the built page they come as modules of their own, each fetched when
//! it is first asked for.
//!
//! `cargo xtask build` takes the modules apart (feature `split`); without that, all parts are there from the start.
//! Whatever only a module's parts can reach goes into it; what several reach, into one that they share. Each module more
//! doubles those that are shared, so there are few.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::thread::LocalKey;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::FileList;

use super::session::{Session, session};
use super::words::lazy as words;
use crate::sim::client::profile;
use crate::sim::dialect;

/// Makes the view of a part.
type Make = fn() -> AnyView;
type Loading<T> = Pin<Box<dyn Future<Output = Result<T, NotLoaded>>>>;

/// A part's module could not be fetched or started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotLoaded;

#[cfg(feature = "split")]
impl From<leptos::wasm_split::SplitLoaderError> for NotLoaded {
    fn from(_: leptos::wasm_split::SplitLoaderError) -> Self {
        Self
    }
}

/// A function that lies in the named module.
macro_rules! within {
    ($module:ident: fn $function:ident($($argument:ident: $of:ty),*) -> $value:ty $body:block) => {
        #[cfg(feature = "split")]
        #[leptos::wasm_split::wasm_split($module, wasm_split_path = ::leptos::wasm_split, fallible)]
        fn $function($($argument: $of),*) -> Result<$value, NotLoaded> {
            Ok($body)
        }
        #[cfg(not(feature = "split"))]
        async fn $function($($argument: $of),*) -> Result<$value, NotLoaded> {
            Ok($body)
        }
    };
}

within! {
    catalogue: fn provide_catalogue() -> () {
        dialect::provide_all();
        profile::provide_all();
    }
}

/// Brings along all products and all recorded clients.
async fn catalogue() -> Result<(), NotLoaded> {
    provide_catalogue().await
}

/// A part of the page.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    load: fn() -> Loading<Make>,
    /// How it is made, once it was loaded.
    loaded: &'static LocalKey<Cell<Option<Make>>>,
}

macro_rules! parts {
    ($($(#[$doc:meta])* $constant:ident: $module:ident $function:ident, $make:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) const $constant: Part = {
            thread_local! {
                static LOADED: Cell<Option<Make>> = const { Cell::new(None) };
            }
            within! { $module: fn $function() -> Make { $make } }
            Part {
                load: || Box::pin(async {
                    catalogue().await?;
                    $function().await
                }),
                loaded: &LOADED,
            }
        };
    )*};
}

parts! {
    /// All settings.
    SETTINGS: tools make_settings, || view! { <super::settings::Settings/> }.into_any();
    /// The retry policy of a client.
    POLICY: tools make_policy, super::policy::panel;
    /// The popover of the link, the gallery, and what takes files.
    SHARING: tools make_sharing, || super::sharing::panels(session());
    /// What is said of links and files.
    SHARING_MESSAGES: tools make_sharing_messages, || super::sharing::messages(session());
    /// The question of a preset, or a run's description.
    LESSON: tools make_lesson, || super::sharing::lesson(session());
    /// What other gateways make of the answer.
    OTHERS: answer make_others, super::others::row;
    /// Has them asked.
    ASKING: answer make_asking, super::others::ask;
    /// The gateways to choose from.
    GATEWAY_PICKER: answer make_gateway_picker, super::gateway_picker::gateway_picker;
    /// What the reference says.
    REFERENCE: answer make_reference, super::reference_card::reference;
    /// The list of requests, and the evidence.
    EVIDENCE: answer make_evidence, super::looking::below;
    /// The menus of faults.
    BREAK_MENU: popovers make_break_menu, || view! { <super::break_menu::BreakMenu/> }.into_any();
    /// The parameters of a fault.
    CHIP: popovers make_chip, super::chips::parameters;
    /// A change of the timeline.
    CHANGE: popovers make_change, super::change_panel::panel;
    /// What the transport has no room for.
    MORE: popovers make_more, super::more::panel;
    /// The list of keys.
    KEYS: popovers make_keys, || view! { <super::keys::KeyList/> }.into_any();
    /// The run as a table.
    TABLE: popovers make_table, || view! { <super::step_table::StepTable/> }.into_any();
}

/// A part, or while it is on its way a sentence that says so; if it does not come, why, and a button that tries again.
pub(crate) fn shown(part: Part) -> AnyView {
    if let Some(make) = part.loaded.get() {
        return make();
    }
    let state = RwSignal::new(None::<Result<Make, NotLoaded>>);
    let fetch = move || {
        state.set(None);
        spawn_local(async move {
            let made = (part.load)().await;
            part.loaded.set(made.ok());
            // Whoever waited for it may have left.
            state.try_set(Some(made));
        });
    };
    fetch();
    let shown = move || match state.get() {
        Some(Ok(make)) => make(),
        None => view! { <p class="dim pad coming" role="status">{words::COMING}</p> }.into_any(),
        Some(Err(NotLoaded)) => view! {
            <div class="empty pad" role="alert">
                <span>{words::NOT_LOADED}</span>
                <button class="btn" on:click=move |_| fetch()>{words::AGAIN}</button>
            </div>
        }
        .into_any(),
    };
    shown.into_any()
}

/// A part that is there from the first time on that it is wanted.
pub(crate) fn once(part: Part, is_wanted: impl Fn() -> bool + Send + Sync + 'static) -> AnyView {
    let was_wanted = Memo::new(move |before: Option<&bool>| before == Some(&true) || is_wanted());
    (move || was_wanted.get().then(|| shown(part))).into_any()
}

within! { tools: fn visit_in(session: Session, given: String) -> () { super::sharing::visit(session, &given); } }
within! { answer: fn write_in(session: Session) -> () { super::sharing::write_address(session); } }
within! { tools: fn take_in(session: Session, files: FileList) -> () { super::sharing::files::take(session, &files); } }
within! { tools: fn know_in() -> () {  } }

/// Brings along what reads and writes links.
pub(crate) async fn know_links() {
    // Without it a link is refused by the one who asks for it to be opened.
    let _ = catalogue().await.is_ok() && know_in().await.is_ok();
}

/// Opens what a fragment of the page's address asks for.
pub(crate) fn visit(session: Session, given: String) {
    act(session, async move {
        catalogue().await?;
        visit_in(session, given).await
    });
}

/// Writes the session into the page's address.
pub(crate) fn write_address(session: Session) {
    // Nobody asked for it: if it fails, the next change tries again.
    spawn_local(async move { write_in(session).await.unwrap_or_default() });
}

/// Opens a file.
pub(crate) fn take(session: Session, files: FileList) {
    act(session, async move {
        catalogue().await?;
        take_in(session, files).await
    });
}

within! { answer: fn next_in(session: Session, forwards: bool) -> () { super::others::next(session, forwards); } }

/// Puts the next gateway in place of the one that answered.
pub(crate) fn next_gateway(session: Session, forwards: bool) {
    act(session, async move {
        catalogue().await?;
        next_in(session, forwards).await
    });
}

/// Does something for which all products and recorded clients have to be there.
pub(crate) fn with_catalogue(session: Session, then: impl FnOnce() + 'static) {
    act(session, async move {
        catalogue().await?;
        then();
        Ok(())
    });
}

/// Does what a person asked for; if a part for it does not come, that is said.
fn act(session: Session, what: impl Future<Output = Result<(), NotLoaded>> + 'static) {
    spawn_local(async move {
        if what.await.is_err() {
            session.refuse(words::NOT_LOADED.to_owned());
        }
    });
}
