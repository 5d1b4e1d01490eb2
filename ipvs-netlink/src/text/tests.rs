use crate::table::Table;

#[track_caller]
fn error(text: &str) -> String {
    text.parse::<Table>().unwrap_err().to_string()
}

#[test]
fn what_is_left_out_is_what_ipvsadm_takes() {
    let text = "# the web\n\n\
                --add-service --tcp-service 192.0.2.1:80\n\
                -a -t 192.0.2.1:80 -r 10.0.0.1:80\n\
                -A -f 7 -6 -p -s rr\n\
                -A -t 192.0.2.2:80 -p -s sh -b sh-port,flag-3\n";
    let table: Table = text.parse().unwrap();
    let expected = "-A -t 192.0.2.1:80 -s wlc\n\
                    -a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1\n\
                    -A -t 192.0.2.2:80 -s sh -p 360 -b sh-port,flag-3\n\
                    -A -f 7 -6 -s rr -p 360\n";
    assert_eq!(table.to_string(), expected);
    assert_eq!(expected.parse(), Ok(table));
}

#[test]
fn errors_name_the_line_and_what_is_allowed() {
    let service = "-A -t 192.0.2.1:80 -s rr\n";
    for (text, expected) in [
        ("-D -t 192.0.2.1:80", "line 1: \"-D\" is there, allowed are -A and -a"),
        ("\n-A -s rr", "line 2: no service is named, allowed are -t, -u, --sctp-service and -f"),
        ("-A -t", "line 1: nothing follows -t"),
        (
            "-A -t web:http",
            "line 1: -t is \"web:http\", allowed is ADDRESS:PORT or [ADDRESS]:PORT, in numbers",
        ),
        ("-A -f 0", "line 1: -f is \"0\", allowed is 1 to 4294967295"),
        ("-A -f 7 --quietly", "line 1: \"--quietly\" is no option of ipvsadm-save"),
        (
            "-A -f 7 -s averyveryverylongname",
            "line 1: -s is \"averyveryverylongname\", allowed is a name of up to 15 octets",
        ),
        (
            "-A -f 7 -s sh -b mh-port",
            "line 1: -b is \"mh-port\", allowed is flags of the scheduler",
        ),
        ("-A -f 7 -p 60 -M 24", "line 1: -M is \"24\", allowed is a netmask like 255.255.255.0"),
        ("-A -f 7 -6 -p 60 -M 129", "line 1: -M is \"129\", allowed is 1 to 128"),
        ("-a -t 192.0.2.1:80 -r 10.0.0.1:80", "line 1: its service is not added before"),
        (&format!("{service}{service}"), "line 2: it is there already"),
        (
            &format!("{service}-a -t 192.0.2.1:80"),
            "line 2: no server is named; write -r ADDRESS:PORT",
        ),
        (
            &format!("{service}-a -t 192.0.2.1:80 -r 10.0.0.1:80 -i --tun-type vxlan"),
            "line 2: --tun-type is \"vxlan\", allowed is ipip, gue or gre",
        ),
        (
            &format!("{service}-a -t 192.0.2.1:80 -r 10.0.0.1:80 -i --tun-type gue"),
            "line 2: nothing follows --tun-port",
        ),
        ("-A -f 7 -w 1", "line 1: -w goes with -a only"),
        ("-A -f 7 -M 255.0.0.0", "line 1: -M goes with -p only"),
        ("-A -t 192.0.2.1:80 -6", "line 1: -6 goes with -f only"),
        ("-A -t 192.0.2.1:80 -f 7", "line 1: -f comes after -t, allowed is one of them"),
        ("-A -f 7 -s rr -s wrr", "line 1: -s comes after -s, allowed is one of them"),
        ("-A -f 7 -p soon", "line 1: -p is \"soon\", allowed is seconds, 1 to 2678400"),
        ("-A -f 7 -p 2678401", "line 1: -p is \"2678401\", allowed is seconds, 1 to 2678400"),
        (
            &format!("{service}-a -t 192.0.2.1:80 -r 10.0.0.1:80 -p 60"),
            "line 2: -p goes with -A only",
        ),
        (
            &format!("{service}-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -g"),
            "line 2: -g comes after -m, allowed is one of them",
        ),
        (
            &format!("{service}-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g --tun-type gre"),
            "line 2: --tun-type goes with -i only",
        ),
        (
            &format!("{service}-a -t 192.0.2.1:80 -r 10.0.0.1:80 -i --tun-type gre --tun-port 7"),
            "line 2: --tun-port goes with --tun-type gue only",
        ),
        (
            &format!("{service}-a -t 192.0.2.1:80 -r 10.0.0.1:80 -i --tun-csum"),
            "line 2: --tun-csum goes with --tun-type gue or gre only",
        ),
        (
            &format!("{service}-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -g"),
            "line 2: port of the server is 8080, allowed with -g and -i is that of the service, 80",
        ),
        (
            &format!("{service}-a -t 192.0.2.1:80 -r 10.0.0.1:80 -i --tun-type gre --tun-remcsum"),
            "line 2: --tun-remcsum goes with --tun-type gue only",
        ),
        (
            "-A -t [fe80::1%2]:80",
            "line 1: -t is \"[fe80::1%2]:80\", allowed is ADDRESS:PORT or [ADDRESS]:PORT, in numbers",
        ),
    ] {
        assert_eq!(error(text), expected);
    }
}
