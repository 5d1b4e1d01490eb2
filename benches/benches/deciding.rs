//! Times of the codec and of the state machine, for people who change them.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;
use std::time::Duration;

use benches::{Clock, advertisement, backup, decode, encode, handle, message, plain_sum};
use criterion::{Criterion, criterion_group, criterion_main};
use vrrp_proto::Demands;

fn codec(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec, VRRPv3 over IPv4, one address");
    let message = message();
    group.bench_function("plain sum", |bench| bench.iter(|| plain_sum(black_box(&message))));
    let demands = Demands::new();
    group.bench_function("decode", |bench| bench.iter(|| decode(black_box(&message), &demands)));
    let advertisement = advertisement();
    let mut buffer = [0; 64];
    group.bench_function("encode", |bench| {
        bench.iter(|| encode(black_box(&advertisement), black_box(&mut buffer)));
    });
    group.finish();
}

fn machine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("state machine");
    let (mut router, mut clock) = (backup(), Clock::default());
    let advertisement = advertisement();
    group.bench_function("accepted in Backup", |bench| {
        bench.iter(|| handle(&mut router, clock.tick(), black_box(&advertisement)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = codec, machine
}
criterion_main!(benches);
