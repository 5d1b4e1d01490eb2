//! One of our routers as a process of its own, for the lab.

fn main() {
    lab::node::run_if_asked();
    eprintln_usage();
}

#[expect(clippy::print_stderr, reason = "a command's usage")]
fn eprintln_usage() {
    eprintln!("started by the lab as: lab-node {}", lab::node::ARGUMENT);
    std::process::exit(2);
}
