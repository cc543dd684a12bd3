//! `docs/status.md` is a page that this version writes, about the suites and targets that this version has. Its numbers are compared by
//! the `suite` test, which measures them.

use driver::frontend::Source;
use driver::judges::family;
use driver::names::SUITES;
use driver::pipeline;
use driver::status::{FILE, Page};
use driver::targets::Target;
use driver::tools::workspace_root;

fn text() -> String {
    std::fs::read_to_string(workspace_root().join(FILE)).unwrap_or_else(|error| panic!("{FILE}: {error}"))
}

#[test]
fn the_page_is_what_this_version_writes() {
    let page = Page::parse(&text()).unwrap_or_else(|| panic!("{FILE} is no page: run `./x status`"));
    assert_eq!(page.render(), text(), "run `./x status`");
    assert!(page.is_right(), "nothing is known to be wrong");
}

#[test]
fn the_page_is_about_everything_there_is() {
    let page = Page::parse(&text()).expect("a page");
    let targets: Vec<Target> = page.targets.iter().map(|row| row.target).collect();
    assert_eq!(targets, Target::ALL, "run `./x status`");
    let said: Vec<(String, Vec<String>)> = page
        .suites
        .iter()
        .map(|suite| (suite.name.clone(), suite.rows.iter().map(|(name, _)| name.clone()).collect()))
        .collect();
    let there: Vec<(String, Vec<String>)> = SUITES
        .iter()
        .map(|(suite, _)| {
            let module = pipeline::module(&Source::parse(suite).expect("a suite")).expect("it compiles");
            ((*suite).to_owned(), family::names(&module).into_iter().map(str::to_owned).collect())
        })
        .collect();
    assert_eq!(said, there, "run `./x status`");
}
