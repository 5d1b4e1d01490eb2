//! Every dependency may be used under a licence that asks for nothing but attribution.

use spdx::Expression;

use crate::run::{Outcome, metadata};

const ALLOWED: [&str; 9] = [
    "0BSD",
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "Zlib",
];

pub(crate) fn run() -> Outcome {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().ok_or("metadata without packages")?;
    let mut refused = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        match package["license"].as_str() {
            Some(licence) if is_allowed(licence) => {}
            licence => refused.push(format!("{name}: {}", licence.unwrap_or("no licence"))),
        }
    }
    if refused.is_empty() {
        println!("licences: {} packages, all of {}", packages.len(), ALLOWED.join(", "));
        return Ok(());
    }
    Err(format!("not allowed:\n  {}", refused.join("\n  ")))
}

fn is_allowed(licence: &str) -> bool {
    // Old packages write a slash where they mean OR.
    let Ok(expression) = Expression::parse(&licence.replace('/', " OR ")) else { return false };
    expression.evaluate(|requirement| ALLOWED.contains(&requirement.to_string().as_str()))
}
