//! Every kind of check, with its options.

use lab::vm::Machine;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::pem::LineEnding;
use pkcs8::pkcs5::pbes2::Parameters;

use crate::{BOTH, in_machine_with};

/// Every kind of check, with its options. keepalived 2.2.7 does not hear the greeting of the small server of SMTP, and
/// matches nothing once offsets are given: these are for director only.
const PROBED: &str = "
global_defs {
    script_user root
    checker_log_all_failures
    checker_priority -5
    checker_no_swap
    checker_rt_priority 3
    checker_cpu_affinity 0 1
    checker_rlimit_rttime 5000000
@director checker_rlimit_rtime 5000000
    rs_init_notifies
    lvs_flush
    lvs_flush_on_stop
}
track_file number {
    file /tmp/number
}
SSL {
    ca /own.pem
    certificate /own.pem
@^director    key /own.key
@director     key /locked.key
@director     password secret
}
@director virtual_server 10.3.0.1 25 {
@director     delay_loop 1
@director     protocol TCP
@director     connect_timeout 1
@director     retry 1
@director     delay_before_retry 1
@director     warmup 0
@director     real_server 10.0.0.1 25 {
@director         SMTP_CHECK {
@director             helo_name probe.example
@director             log_all_failures
@director             host { connect_ip 10.0.0.1
@director                 connect_port 25
@director             }
@director         }
@director     }
@director }
virtual_server 10.3.0.2 53 {
    delay_loop 1
    protocol UDP
    connect_timeout 1
    retry 1
    delay_before_retry 1
    warmup 0
    real_server 10.0.0.2 53 {
        DNS_CHECK { type AAAA
            name www.example
            bind_port 5353
            bind_if lo
        }
    }
    real_server 10.0.0.3 7 {
        UDP_CHECK {
            payload 68656c6c6f
            require_reply 6865xx
            min_reply_length 5
            max_reply_length 5
        }
    }
}
virtual_server 10.3.0.3 443 {
    delay_loop 1
    protocol TCP
    virtualhost www.example
    connect_timeout 1
    retry 1
    delay_before_retry 1
    warmup 0
    real_server 10.0.0.4 443 {
        SSL_GET {
            url {
                path /
                virtualhost www.example
                regex \"HEL+o\"
                regex_options caseless
@director regex_min_offset 0
@director regex_max_offset 3
            }
@director     tls_compliant
            enable_sni
            sni_name www.example
            http_protocol 1.1
            fast_recovery
            nb_get_retry 1
        }
    }
    real_server 10.0.0.5 80 {
        virtualhost www.example
        HTTP_GET {
            virtualhost www.example
            http_protocol 1.0C
            url {
                path /
                regex \"error\"
                regex_no_match
                status_code 200-204 301
            }
        }
    }
    real_server 10.0.0.6 80 {
        weight 7
        FILE_CHECK {
            track_file number
            weight -2
        }
    }
}
";

const NGINX: &str = "
daemon off; pid /tmp/nginx.pid; error_log /tmp/nginx.log; user root;
events { }
http {
    access_log off; client_body_temp_path /tmp/n1; proxy_temp_path /tmp/n2; fastcgi_temp_path /tmp/n3;
    uwsgi_temp_path /tmp/n4; scgi_temp_path /tmp/n5;
    server { listen 10.0.0.4:443 ssl default_server; ssl_certificate /own.pem; ssl_certificate_key /own.key; return 404; }
    server { listen 10.0.0.4:443 ssl; server_name www.example; root /www;
        ssl_certificate /own.pem; ssl_certificate_key /own.key; }
    server { listen 10.0.0.5:80 default_server; return 404; }
    server { listen 10.0.0.5:80; server_name www.example; root /www; }
}
";

const PROBES: &str = "
each make
mkdir -p /var/log/nginx /var/lib/nginx
echo hello >/www/index.html; echo 0 >/tmp/number
for name in keepalived director; do
    run() { /usr/sbin/ip netns exec $name \"$@\" & }
    run /usr/sbin/servers serve smtp 10.0.0.1:25 /tmp/bad.smtp
    run /usr/sbin/servers serve dns 10.0.0.2:53 /tmp/bad.dns
    run /usr/sbin/servers serve udp 10.0.0.3:7 /tmp/bad.udp
    sed s:/tmp/n:/tmp/$name.n: /nginx.conf >/nginx.$name
    run /usr/sbin/nginx -e /tmp/$name.error -c /nginx.$name
done
sleep 1
inside keepalived /usr/sbin/keepalived -n -l -G -D -C -f /keepalived.conf -p /run/k.pid -c /run/c.pid >/tmp/keepalived.log 2>&1 &
inside director /usr/sbin/director -i director -n -l -G -D -f /keepalived.conf -p /run/d.pid -r /run/v.pid >/tmp/director.log 2>&1 &
mail() { inside director /usr/sbin/ipvsadm -S -n | grep -q '10.3.0.1:25 -r 10.0.0.1:25'; }
keep() { # WHEN NAME
    inside $2 /usr/sbin/ipvsadm -S -n | sed 's/ *$//' | grep -v 10.3.0.1 | sort >/tmp/$2.$1
}
after 8 all-up
mail || exit 1
touch /tmp/bad.smtp; after 5 smtp-bad
mail && exit 1
touch /tmp/bad.dns; after 5 dns-bad
touch /tmp/bad.udp; after 5 udp-bad
echo 'hello, an error' >/www/index.html; after 6 http-bad
echo 'and hello' >/www/index.html; sleep 5
inside director /usr/sbin/ipvsadm -S -n | grep -q '10.3.0.3:443 -r 10.0.0.4:443' && exit 1
echo hello >/www/index.html; sleep 3
echo 3 >/tmp/number; after 5 file-weight
rm /tmp/bad.*; echo 0 >/tmp/number; after 7 all-up-again
mail || exit 1
kill $(cat /run/k.pid) $(cat /run/d.pid); after 4 stopped
grep -q 'SMTP_CHECK of 10.0.0.1 25 failed' /tmp/director.log || exit 1
";

pub(crate) fn find_what_keepalived_finds() {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["www.example".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let plain = key.serialize_der();
    let plain = PrivateKeyInfoRef::try_from(plain.as_slice()).unwrap();
    // Few rounds: the machine is slow.
    let cipher = Parameters::generate_pbkdf2_sha256_aes256cbc(1000, b"some salt", [7; 16]).unwrap();
    let locked = plain.encrypt_with_params(cipher, "secret").unwrap();
    let locked = locked.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).unwrap();
    let more = |machine: Machine| {
        let machine =
            machine.program("/usr/sbin/nginx")?.program_as(std::env::current_exe()?, "servers")?;
        Ok(machine
            .file("nginx.conf", NGINX)
            .file("own.pem", &certificate.pem())
            .file("own.key", &key.serialize_pem())
            .file("locked.key", &locked))
    };
    in_machine_with(
        more,
        PROBED,
        &format!("{BOTH}{PROBES}"),
        &[
            "the same, 7 lines: all-up",
            "the same, 7 lines: all-up-again",
            "the same, 0 lines: stopped",
        ],
    );
}
