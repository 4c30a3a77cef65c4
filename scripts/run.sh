# Starting, watching and stopping the processes of `start`. Sourced, not run.

names=() pids=() watched=()

# run NAME COMMAND...: starts a process in a session of its own, so that Ctrl-C reaches only `start`, which then stops
# the others in order. Its output goes to a log.
run() {
    run_until_done "$@"
    watched+=("${pids[-1]}")
}

# The same for a process that may end by itself.
run_until_done() {
    local name=$1
    shift
    setsid "$@" <&0 >>"$data/logs/$name.log" 2>&1 &
    names+=("$name")
    pids+=("$!")
}

# wait_for NAME SECONDS COMMAND...: until the command succeeds; fails if the process ends before.
wait_for() {
    local name=$1 seconds=$2 pid=${pids[-1]} start=$SECONDS
    shift 2
    until "$@" >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null || fail "$name ended; its log says: $(tail -n 5 "$data/logs/$name.log")"
        [ $((SECONDS - start)) -lt "$seconds" ] ||
            fail "$name does not answer after $seconds s; its log: $data/logs/$name.log"
        sleep 0.2
    done
}

# free_ports PORT...: fails with the option to change if something listens there already.
free_ports() {
    local busy
    for busy in "$@"; do
        (exec 9<>"/dev/tcp/127.0.0.1/$busy") 2>/dev/null || continue
        fail "port $busy is in use; is another ./start running? Choose others with --port, --server-port, --kinesis-port"
    done
}

wait_until_one_ends() {
    local ended status=0
    wait -n -p ended "${watched[@]}" || status=$?
    local at
    for at in "${!pids[@]}"; do
        [ "${pids[$at]}" = "${ended:-}" ] &&
            fail "${names[$at]} ended with status $status; its log says: $(tail -n 5 "$data/logs/${names[$at]}.log")"
    done
    return "$status"
}

# Stops what was started, last first, each within 20 s, and nothing else.
stop_all() {
    local status=$? at pid waited
    trap '' HUP INT TERM
    trap - EXIT
    # Nothing may keep it from stopping the rest: where the terminal was closed, messages cannot be written.
    set +e
    [ ${#pids[@]} -gt 0 ] && say "stopping"
    for ((at = ${#pids[@]} - 1; at >= 0; at--)); do
        pid=${pids[$at]}
        kill -TERM "$pid" 2>/dev/null || continue
        for ((waited = 0; waited < 100; waited++)); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.2
        done
        if kill -KILL "$pid" 2>/dev/null; then say "${names[$at]} did not stop and was killed"; fi
        [ "${names[$at]}" = producer ] && tail -n 1 "$data/logs/producer.log" >&2
    done
    exit "$status"
}
trap stop_all EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

show_in_terminal() {
    # In the background, for a signal is heard while this script waits, not while a command is in the foreground.
    "$target/release/grafana-standin" dashboard --plugin "$root/dist" --url "$server_url" \
        --api-key-file "$data/server/api-key" "$root/dashboards/tweets.json" "$root/dashboards/hashtags.json" &
    names+=(dashboard)
    pids+=("$!")
    wait "$!"
}
