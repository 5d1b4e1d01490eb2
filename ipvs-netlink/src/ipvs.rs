//! The table of a network namespace.

use std::os::fd::AsFd;

use netlink_conn::{
    Attributes, Batch, Connection, Protocol as NetlinkProtocol, Request, RequestError,
};

use crate::change::Change;
use crate::daemon::{Daemon, DaemonRole};
use crate::entry::{DestinationEntry, ServiceEntry};
use crate::error::{ChangeError, ENOENT, Error};
use crate::read::{self, Unreadable};
use crate::service::ServiceKey;
use crate::table::Table;
use crate::timeouts::{Info, Timeouts};
use crate::uapi::{
    CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_CMD_GETFAMILY, FAMILY_NAME, FAMILY_VERSION,
    GENL_HEADER, GENL_ID_CTRL, command,
};
use crate::write;

const OPEN: &str = "open the table of IPVS";
/// How often a table that changes is read.
const READINGS: usize = 4;
/// So many changes fill a buffer that stays in the cache.
const WRITTEN_AT_ONCE: usize = 1024;

/// The load balancer of a network namespace.
#[expect(missing_debug_implementations, reason = "a connection has nothing to show")]
pub struct Ipvs {
    connection: Connection,
    /// The number that the kernel gave the family when the module was loaded.
    family: u16,
    batch: Batch,
}

impl Ipvs {
    /// Opens the table of the calling thread's network namespace. No module is loaded.
    ///
    /// # Errors
    /// [`Error::NoIpvs`] where there is none.
    pub fn open() -> Result<Self, Error> {
        Self::on(Connection::open(NetlinkProtocol::Generic).map_err(Error::of(OPEN))?)
    }

    /// Opens the table of another network namespace, which a file such as `/run/netns/NAME` stands for. That needs
    /// `CAP_SYS_ADMIN`.
    ///
    /// # Errors
    /// [`Error::NoIpvs`] where there is none, and [`Error::Netlink`] when the namespace cannot be entered.
    pub fn open_in(namespace: impl AsFd) -> Result<Self, Error> {
        let connection = Connection::open_in(namespace.as_fd(), NetlinkProtocol::Generic);
        Self::on(connection.map_err(Error::of(OPEN))?)
    }

    /// Has the kernel load its module `ip_vs`, for all network namespaces, unless it has IPVS already. Before Linux 5.16
    /// the module has no name that this is done by: there `modprobe ip_vs` does it.
    ///
    /// # Errors
    /// [`Error::NoIpvs`] where there is no such module, none may be loaded, or the kernel is older.
    pub fn load_module() -> Result<(), Error> {
        let action = "load the module of IPVS";
        let mut connection =
            Connection::open(NetlinkProtocol::Generic).map_err(Error::of(action))?;
        let write = |request: &mut Request<'_>| {
            request.fixed(&write::header(CTRL_CMD_GETFAMILY, 1));
            request.attribute(CTRL_ATTR_FAMILY_NAME, &[FAMILY_NAME, b"\0"].concat());
        };
        // The kernel looks for a module when it is asked for a family that it does not have (genetlink.c).
        match connection.get(GENL_ID_CTRL, write, |_| Some(())) {
            Ok(_) => Ok(()),
            Err(netlink_conn::Error::Dump(error)) if error.errno() == ENOENT => Err(Error::NoIpvs),
            Err(error) => Err(Error::of(action)(error)),
        }
    }

    fn on(mut connection: Connection) -> Result<Self, Error> {
        // A list: asking for the family by its name would have the kernel load the module.
        let write = |request: &mut Request<'_>| {
            request.fixed(&write::header(CTRL_CMD_GETFAMILY, 1));
        };
        let families = connection.dump(GENL_ID_CTRL, write, |message| {
            let attributes = Attributes::new(message.payload.get(GENL_HEADER..)?);
            let find = |wanted: u16| {
                let mut attributes = attributes;
                attributes.find(|(kind, _)| *kind == wanted).map(|(_, value)| value)
            };
            let name = find(CTRL_ATTR_FAMILY_NAME)?;
            let id = find(CTRL_ATTR_FAMILY_ID)?.first_chunk()?;
            (name.strip_suffix(b"\0") == Some(FAMILY_NAME)).then(|| u16::from_ne_bytes(*id))
        });
        let families = families.map_err(Error::of(OPEN))?;
        let family = families.first().copied().ok_or(Error::NoIpvs)?;
        Ok(Self { connection, family, batch: Batch::new() })
    }

    /// Version and size.
    ///
    /// # Errors
    /// [`Error`].
    pub fn info(&mut self) -> Result<Info, Error> {
        self.get("ask for the version of IPVS", command::GET_INFO, read::info)
    }

    /// The timeouts of connections.
    ///
    /// # Errors
    /// [`Error`].
    pub fn timeouts(&mut self) -> Result<Timeouts, Error> {
        self.get("ask for the timeouts of IPVS", command::GET_CONFIG, read::timeouts)
    }

    /// All services, but for those of protocols that there is no word for here.
    ///
    /// # Errors
    /// [`Error`].
    pub fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        self.list("list services", command::GET_SERVICE, |_| {}, read::service)
    }

    /// The destinations of a service; none when there is no such service.
    ///
    /// # Errors
    /// [`Error`].
    pub fn destinations(&mut self, of: &ServiceKey) -> Result<Vec<DestinationEntry>, Error> {
        let write = |request: &mut Request<'_>| write::service_key(request, of);
        let read = |payload: &[u8]| read::destination(of.family(), payload);
        self.list("list destinations", command::GET_DEST, write, read)
    }

    /// The whole table, read again when services came or went meanwhile. A destination that goes at that time may
    /// hide another: the kernel's lists of destinations do not tell.
    ///
    /// # Errors
    /// [`Error`].
    pub fn read(&mut self) -> Result<Table, Error> {
        let mut services = self.services()?;
        for _ in 0..READINGS {
            let mut table = Table::new();
            let count = services.len();
            for entry in services {
                let key = entry.service.key;
                let server = table.insert(entry.service);
                for entry in self.destinations(&key)? {
                    server.insert(entry.destination);
                }
            }
            services = self.services()?;
            let is_same = |entry: &ServiceEntry| table.get(&entry.service.key).is_some();
            if services.len() == count && services.iter().all(is_same) {
                return Ok(table);
            }
        }
        Err(Error::Changing)
    }

    /// The sync daemons that run: none, one or both.
    ///
    /// # Errors
    /// [`Error`].
    pub fn daemons(&mut self) -> Result<Vec<Daemon>, Error> {
        self.list("list sync daemons", command::GET_DAEMON, |_| {}, read::daemon)
    }

    /// Makes changes in their order, many with each send, and says of each what became of it. One that fails
    /// does not keep those after it from being made.
    ///
    /// # Errors
    /// The inner ones when a change was refused. [`Error`] when the kernel could not be asked: what came before may
    /// have been made. When that is so after the first thousand, the answers until then are returned, and the rest is
    /// [`ChangeError::AnswerLost`]; whoever asks next hears the error.
    pub fn apply(&mut self, changes: &[Change]) -> Result<Vec<Result<(), ChangeError>>, Error> {
        let mut explained = Vec::with_capacity(changes.len());
        // The end of a sync daemon goes alone: the kernel may not answer, and then nothing is known of those before it.
        let is_end = |change: &Change| matches!(change, Change::StopDaemon(_));
        let parts = changes.chunk_by(|one, next| !is_end(one) && !is_end(next));
        for changes in parts.flat_map(|part| part.chunks(WRITTEN_AT_ONCE)) {
            self.batch.clear();
            for change in changes {
                // Those that are refused here are told below, in their place.
                let _ = change.encode(self.family, &mut self.batch);
            }
            let outcomes = match self.connection.execute(&mut self.batch) {
                Ok(outcomes) => outcomes,
                Err(error) if explained.is_empty() => {
                    return Err(Error::of("change the table of IPVS")(error));
                }
                Err(_) => break,
            };
            let mut outcomes = outcomes.into_iter();
            explained.extend(changes.iter().map(|change| {
                change.check()?;
                let outcome = outcomes.next().unwrap_or(Err(RequestError::AnswerLost));
                outcome.map_err(|source| ChangeError::new(change, source))
            }));
            // Before another one is started.
            if let ([Change::StopDaemon(role)], Some(outcome)) = (changes, explained.last_mut())
                && *outcome == Err(ChangeError::AnswerLost)
                && self.has_ended(*role)
            {
                *outcome = Ok(());
            }
        }
        explained.resize(changes.len(), Err(ChangeError::AnswerLost));
        Ok(explained)
    }

    /// The kernel does not answer to the end of a sync daemon whose thread had not run yet: `kthread_stop` gives EINTR,
    /// which `netlink_rcv_skb` takes for "answer later". The daemon has ended all the same.
    fn has_ended(&mut self, role: DaemonRole) -> bool {
        self.daemons().is_ok_and(|running| running.iter().all(|daemon| daemon.role != role))
    }

    fn get<T>(
        &mut self,
        action: &'static str,
        command: u8,
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, Error> {
        let write = |request: &mut Request<'_>| {
            request.fixed(&write::header(command, FAMILY_VERSION));
        };
        let answer = self.connection.get(self.family, write, |message| read(message.payload));
        answer.map_err(Error::of(action))?.ok_or(Error::Answer { action })
    }

    fn list<T>(
        &mut self,
        action: &'static str,
        command: u8,
        write: impl FnOnce(&mut Request<'_>),
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<Vec<T>, Error> {
        let write = |request: &mut Request<'_>| {
            request.fixed(&write::header(command, FAMILY_VERSION));
            write(request);
        };
        let all = self.connection.dump(self.family, write, |message| match read(message.payload) {
            // Somebody else's, and left alone.
            Err(Unreadable::Strange) => None,
            entry => Some(entry),
        });
        let all = all.map_err(Error::of(action))?;
        all.into_iter().collect::<Result<_, _>>().map_err(|_| Error::Answer { action })
    }
}
