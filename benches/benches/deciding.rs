//! Times of the codec and of the state machine, for people who change them.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;
use std::time::Duration;

use benches::{
    Clock, ENDPOINTS, advertisement, backup, decode, encode, handle, ipvs, message, plain_sum,
};
use criterion::{Criterion, criterion_group, criterion_main};
use vrrp_proto::{ChecksumForm, Datagram, Demands};

fn codec(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec, VRRPv3 over IPv4, one address");
    let message = message();
    group.bench_function("plain sum", |bench| bench.iter(|| plain_sum(black_box(&message))));
    let demands = Demands::new();
    let datagram = Datagram::from_message(ENDPOINTS, 255, &message);
    group.bench_function("decode", |bench| {
        bench.iter(|| decode(black_box(&datagram), black_box(&demands)));
    });
    let advertisement = advertisement();
    let mut buffer = [0; 64];
    group.bench_function("encode", |bench| {
        bench.iter(|| {
            let form = black_box(ChecksumForm::Rfc5798);
            encode(black_box(&advertisement), black_box(&ENDPOINTS), form, black_box(&mut buffer))
        });
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

fn messages_of_ipvs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("messages of IPVS");
    let mut batch = netlink_conn::Batch::new();
    let [service, destination] = ipvs::additions();
    group.bench_function("encode service", |bench| {
        bench.iter(|| ipvs::encode(black_box(&service), &mut batch));
    });
    group.bench_function("encode destination", |bench| {
        bench.iter(|| ipvs::encode(black_box(&destination), &mut batch));
    });
    group.bench_function("decode service", |bench| {
        bench.iter(|| ipvs::service(black_box(ipvs::SERVICE)));
    });
    group.bench_function("decode destination", |bench| {
        bench.iter(|| ipvs::destination(black_box(ipvs::DESTINATION)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = codec, machine, messages_of_ipvs
}
criterion_main!(benches);
