//! A state as an octet, so that it can be read without asking the thread.

use vrrp_fsm::State;

pub(crate) fn state_code(state: State) -> u8 {
    match state {
        State::Initialize => 0,
        State::Fault => 1,
        State::Backup => 2,
        State::Active => 3,
    }
}

pub(crate) fn state_from(code: u8) -> State {
    match code {
        1 => State::Fault,
        2 => State::Backup,
        3 => State::Active,
        _ => State::Initialize,
    }
}
