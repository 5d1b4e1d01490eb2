//! The status as a table that a person likes to read.

use super::report::{InstanceReport, Report};

const HEADINGS: [&str; 8] =
    ["instance", "state", "for", "prio", "interface", "vrid", "addresses", "because"];

/// The table; `color` for a terminal.
pub fn table(report: &Report, color: bool) -> String {
    let mut rows: Vec<[String; 8]> = vec![HEADINGS.map(str::to_owned)];
    rows.extend(report.instances.iter().map(row));
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let padding = match column {
                7 => 0,
                _ => width - cell.chars().count() + 2,
            };
            let painted = match (color, number, column) {
                (true, 0, _) => format!("\x1b[1m{cell}\x1b[0m"),
                (true, _, 1) => paint(cell),
                _ => cell.clone(),
            };
            text += &painted;
            text += &" ".repeat(padding);
        }
        text.push('\n');
    }
    if report.instances.is_empty() {
        text += "there is no instance\n";
    }
    for group in &report.groups {
        text += &format!("group {}: {}\n", group.name, group.state);
    }
    for session in &report.bfd {
        let peer = session.peer.as_deref().unwrap_or("not run");
        text += &format!("bfd_instance {}: {} ({peer})\n", session.name, session.state);
    }
    text += &pools(report, color);
    for instance in &report.instances {
        let errors: Vec<String> = instance
            .counters
            .iter()
            .filter(|(name, count)| {
                **count > 0 && (name.contains("errors") || name.contains("fail"))
            })
            .map(|(name, count)| format!("{} {count}", name.replace('_', " ")))
            .collect();
        if !errors.is_empty() {
            text += &format!("{}: {}\n", instance.name, errors.join(", "));
        }
    }
    let refused: Vec<String> = report
        .refused
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(reason, count)| format!("{} {count}", reason.replace('_', " ")))
        .collect();
    if !refused.is_empty() {
        text += &format!("refused packets: {}\n", refused.join(", "));
    }
    if !report.is_configuration_current {
        text += "the last configuration was not taken; the one before it runs\n";
    }
    text
}

/// Services with their servers, and why those are down that are.
fn pools(report: &Report, color: bool) -> String {
    let mut text = String::new();
    let painted = |state: &str| if color { paint(state) } else { state.to_owned() };
    for pool in &report.pools {
        let state = match (pool.has_quorum, pool.is_sorry) {
            (true, _) => painted("UP"),
            (false, true) => format!("{}, the sorry server is used", painted("DOWN")),
            (false, false) => painted("DOWN"),
        };
        text += &format!("service {}: {state}\n", pool.service);
        for server in &pool.servers {
            let (name, state, weight) = (&server.server, painted(&server.state), server.weight);
            text += &format!("  {name}: {state}, weight {weight}");
            for check in &server.checks {
                if let Some(problem) = &check.problem {
                    text += &format!("; {}: {problem}", check.check);
                }
            }
            text.push('\n');
        }
    }
    if !report.pools.is_empty() && !report.has_ipvs {
        text += "IPVS is not used: servers are checked, and nothing is balanced\n";
    }
    text
}

fn row(instance: &InstanceReport) -> [String; 8] {
    let prio = match instance.priority == instance.base_priority {
        true => instance.priority.to_string(),
        false => format!("{} of {}", instance.priority, instance.base_priority),
    };
    let mut addresses = instance.addresses.iter();
    let first = addresses.next().cloned().unwrap_or_default();
    let addresses = match addresses.len() {
        0 => first,
        more => format!("{first} +{more}"),
    };
    let reason = match instance.faults.is_empty() {
        true => instance.reason.clone(),
        false => instance.faults.join("; "),
    };
    [
        instance.name.clone(),
        instance.state.clone(),
        duration(instance.since_seconds),
        prio,
        instance.interface.clone(),
        instance.vrid.to_string(),
        addresses,
        reason,
    ]
}

/// The two largest units.
fn duration(seconds: f64) -> String {
    // Whole seconds of any uptime fit.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
    let seconds = seconds.clamp(0.0, 1e15) as u64;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match () {
        () if days > 0 => format!("{days}d {}h", hours % 24),
        () if hours > 0 => format!("{hours}h {}m", minutes % 60),
        () if minutes > 0 => format!("{minutes}m {}s", seconds % 60),
        () => format!("{seconds}s"),
    }
}

fn paint(state: &str) -> String {
    let code = match state {
        "MASTER" | "UP" => 32,
        "BACKUP" => 36,
        "FAULT" | "DOWN" => 31,
        _ => 33,
    };
    format!("\x1b[{code}m{state}\x1b[0m")
}
