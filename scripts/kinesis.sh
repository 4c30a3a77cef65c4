# The Kinesis that `start` uses. Sourced, not run.

# A local one with the real protocol, keeping its streams in the data folder.
start_kinesis() {
    free_ports "$kinesis_port"
    node_packages "$root/scripts/kinesis"
    mkdir -p "$data/kinesis"
    run kinesis node "$root/scripts/kinesis/serve.cjs" "$kinesis_port" "$data/kinesis"
    wait_for kinesis 30 eval "(exec 9<>/dev/tcp/127.0.0.1/$kinesis_port)"
    export AWS_ENDPOINT_URL_KINESIS="http://127.0.0.1:$kinesis_port"
    export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-west-2
    say "a local Kinesis listens on port $kinesis_port"
}

# The account of the environment; its stream costs money while it exists.
use_aws() {
    if [ -z "${AWS_ACCESS_KEY_ID:-}${AWS_PROFILE:-}${AWS_ROLE_ARN:-}" ]; then
        fail "--aws needs an account in the environment, for example AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    fi
    say "using the Kinesis of your AWS account: the stream $stream costs money until you delete it"
}
