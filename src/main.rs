//! The page's entry point.

fn main() {
    fivexx::page::start();
}
