//! The budgets: what one thing costs in terms of another, in the same run. Fails when one is exceeded.
#![expect(clippy::print_stdout, reason = "a command-line program")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use benches::{
    Clock, ENDPOINTS, advertisement, backup, configuration, decode, encode, handle, message, parse,
    plain_sum,
};
use vrrp_proto::{ChecksumForm, Datagram, Demands};

const ROUNDS: u32 = 400;
const CALLS: u32 = 2000;

/// The shortest time of many rounds for each: what it costs when nothing else happens on the machine.
fn shortest(subjects: &mut [&mut dyn FnMut()]) -> Vec<Duration> {
    shortest_of(ROUNDS, subjects)
}

fn shortest_of(rounds: u32, subjects: &mut [&mut dyn FnMut()]) -> Vec<Duration> {
    let mut shortest = vec![Duration::MAX; subjects.len()];
    // Taken in turns, so that a slow phase of the machine meets all.
    for _ in 0..rounds {
        for (subject, shortest) in subjects.iter_mut().zip(&mut shortest) {
            let begin = Instant::now();
            subject();
            *shortest = (*shortest).min(begin.elapsed());
        }
    }
    shortest
}

fn main() -> ExitCode {
    let message = message();
    let demands = Demands::new();
    let datagram = Datagram::from_message(ENDPOINTS, 255, &message);
    let advertisement = advertisement();
    let mut buffer = [0; 64];
    let (mut router, mut clock) = (backup(), Clock::default());

    let mut summing = || {
        for _ in 0..CALLS {
            black_box(plain_sum(black_box(&message)));
        }
    };
    let mut decoding = || {
        for _ in 0..CALLS {
            // By reference: a copy of the result would be measured too.
            let _ = black_box(&decode(black_box(&datagram), black_box(&demands)));
        }
    };
    let mut encoding = || {
        for _ in 0..CALLS {
            black_box(encode(
                black_box(&advertisement),
                black_box(&ENDPOINTS),
                black_box(ChecksumForm::Rfc5798),
                black_box(&mut buffer),
            ));
        }
    };
    let mut handling = || {
        for _ in 0..CALLS {
            let _ = black_box(&handle(&mut router, clock.tick(), black_box(&advertisement)));
        }
    };
    let (small, large) = (configuration(10_000), configuration(100_000));
    let mut reading_small = || parse(black_box(&small));
    let mut reading_large = || parse(black_box(&large));
    let [small, large] = shortest_of(5, &mut [&mut reading_small, &mut reading_large])[..] else {
        return ExitCode::FAILURE;
    };
    let times = shortest(&mut [&mut summing, &mut decoding, &mut encoding, &mut handling]);
    let [sum, decode, encode, handle] = times[..] else { return ExitCode::FAILURE };

    let budgets = [
        ("decode : plain sum", decode, sum, 3.0),
        ("encode : plain sum", encode, sum, 3.0),
        ("accepted in Backup : decode", handle, decode, 2.0),
    ];
    // A file of ten times the size takes ten times as long and some more for memory that is new, and not a
    // hundred times; a large one takes less than a second.
    let ratio = large.as_secs_f64() / small.as_secs_f64();
    let mut is_kept = ratio <= 25.0 && large < Duration::from_secs(1);
    println!(
        "keepalived.conf of 100,000 lines: {:.0} ms, {ratio:.1} times that of 10,000 (allowed: 1000 ms, 25)",
        large.as_secs_f64() * 1e3
    );
    println!("budget                            ratio   allowed        times");
    for (name, cost, measure, allowed) in budgets {
        let ratio = cost.as_secs_f64() / measure.as_secs_f64();
        is_kept &= ratio <= allowed;
        let nanoseconds = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(CALLS);
        println!(
            "{name:<32} {ratio:>6.2} {allowed:>9.2}   {:.2} ns : {:.2} ns{}",
            nanoseconds(cost),
            nanoseconds(measure),
            if ratio <= allowed { "" } else { "   EXCEEDED" }
        );
    }
    if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
