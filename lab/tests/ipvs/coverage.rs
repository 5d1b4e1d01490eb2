//! What was run inside the machine, for whoever measures that outside.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where LLVM's instrumentation writes to.
const VARIABLE: &str = "LLVM_PROFILE_FILE";
const BEGIN: &str = "LAB-PROFILE-BEGIN";
const END: &str = "LAB-PROFILE-END";

/// A script that has what it runs measured, and prints it at its end.
pub(crate) fn measured(script: &str) -> String {
    if std::env::var_os(VARIABLE).is_none() {
        return script.to_owned();
    }
    format!(
        "export {VARIABLE}=/tmp/%p.profraw\n{script}\nstatus=$?\n\
         for file in /tmp/*.profraw; do echo {BEGIN}; gzip -c $file | base64; echo {END}; done\n\
         exit $status\n"
    )
}

/// Puts what such a script printed where the outer one is measured, and returns the rest.
pub(crate) fn collected(output: &str) -> String {
    let mut parts = output.split(BEGIN);
    let mut rest = parts.next().unwrap_or_default().to_owned();
    let pattern = std::env::var_os(VARIABLE).unwrap_or_default();
    let folder = Path::new(&pattern).parent().unwrap_or(Path::new("."));
    for (number, part) in parts.enumerate() {
        let (profile, after) = part.split_once(END).expect("it was printed whole");
        let path = folder.join(format!("machine-{}-{number}.profraw", std::process::id()));
        let file = std::fs::File::create(path).expect("it can be written");
        let mut decoder = Command::new("sh")
            .args(["-c", "base64 -d | gzip -d"])
            .stdin(Stdio::piped())
            .stdout(file)
            .spawn()
            .expect("there is a shell");
        let mut into = decoder.stdin.take().expect("it is a pipe");
        into.write_all(profile.as_bytes()).expect("it is taken");
        drop(into);
        assert!(decoder.wait().expect("it ends").success());
        rest.push_str(after);
    }
    rest
}
