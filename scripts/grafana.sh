# The Grafana that `start` uses: a data folder and a port of its own, with plugin, dashboards and provisioning.
# Sourced, not run.

grafana_version=12.4.0
plugin_id=rockset-datasource

# Starts the first Grafana that there is. Fails, with the reason said, where none can be had.
start_grafana() {
    free_ports "$port"
    prepare_grafana
    if [ -n "${GRAFANA_HOME:-}" ]; then
        [ -x "$GRAFANA_HOME/bin/grafana" ] || fail "GRAFANA_HOME=$GRAFANA_HOME has no bin/grafana"
        run_grafana "$GRAFANA_HOME/bin/grafana" "$GRAFANA_HOME"
    elif has grafana; then
        run_grafana grafana "$(grafana_homepath)"
    elif has docker && docker info >/dev/null 2>&1; then
        run_grafana_in_docker
    elif download_grafana; then
        run_grafana "$cache/grafana-$grafana_version/bin/grafana" "$cache/grafana-$grafana_version"
    else
        say "no Grafana can be had here (GRAFANA_HOME is not set, no grafana on PATH, no Docker, no download)"
        return 1
    fi
    wait_for grafana 60 curl -sf -o /dev/null "http://127.0.0.1:$port/api/health"
}

# Where packages of Grafana put conf and public.
grafana_homepath() {
    local folder
    for folder in /usr/share/grafana "$(dirname "$(dirname "$(readlink -f "$(command -v grafana)")")")"; do
        [ -d "$folder/conf" ] && [ -d "$folder/public" ] && echo "$folder" && return
    done
    fail "grafana is on PATH, but its conf and public folders are not found; set GRAFANA_HOME"
}

prepare_grafana() {
    local folder="$data/grafana"
    mkdir -p "$folder/data" "$folder/plugins"
    rm -rf "${folder:?}/plugins/$plugin_id"
    cp -r "$root/dist" "$folder/plugins/$plugin_id"
    if [ ! -s "$folder/password" ]; then
        (umask 077 && head -c 18 /dev/urandom | base64 | tr '+/' 'ab' >"$folder/password")
    fi
}

# Grafana's settings, as environment variables.
grafana_settings() {
    cat <<TEXT
GF_SERVER_HTTP_PORT=$port
GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=$plugin_id
GF_PLUGINS_PREINSTALL_DISABLED=true
GF_DASHBOARDS_MIN_REFRESH_INTERVAL=1s
GF_AUTH_ANONYMOUS_ENABLED=true
GF_AUTH_ANONYMOUS_ORG_ROLE=Viewer
GF_SECURITY_ADMIN_PASSWORD=$(cat "$data/grafana/password")
GF_ANALYTICS_REPORTING_ENABLED=false
GF_ANALYTICS_CHECK_FOR_UPDATES=false
GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES=false
ROCKHOPPER_API_KEY=$(cat "$data/server/api-key")
TEXT
}

run_grafana() {
    local binary=$1 homepath=$2 settings
    say "starting Grafana ($binary)"
    mapfile -t settings < <(grafana_settings)
    run grafana env "${settings[@]}" GF_SERVER_HTTP_ADDR=127.0.0.1 GF_PATHS_DATA="$data/grafana/data" \
        GF_PATHS_LOGS="$data/grafana/data/log" GF_PATHS_PLUGINS="$data/grafana/plugins" \
        GF_PATHS_PROVISIONING="$root/provisioning" ROCKHOPPER_URL="$server_url" \
        ROCKHOPPER_DASHBOARDS="$root/dashboards" "$binary" server --homepath "$homepath"
}

run_grafana_in_docker() {
    local settings arguments=() setting
    say "starting Grafana $grafana_version in Docker"
    mapfile -t settings < <(grafana_settings)
    for setting in "${settings[@]}"; do arguments+=(--env "${setting%%=*}"); done
    # --env NAME takes the value from the environment, so that no secret stands in the process list. The container
    # shares the host's network because the server listens on loopback only.
    run grafana env "${settings[@]}" docker run --rm --name rockhopper-grafana --network host --user "$(id -u)" \
        "${arguments[@]}" --env GF_SERVER_HTTP_ADDR=127.0.0.1 --env GF_PATHS_PLUGINS=/plugins \
        --env ROCKHOPPER_URL="$server_url" --env ROCKHOPPER_DASHBOARDS=/dashboards \
        --volume "$data/grafana/data:/var/lib/grafana" --volume "$data/grafana/plugins:/plugins:ro" \
        --volume "$root/provisioning:/etc/grafana/provisioning:ro" --volume "$root/dashboards:/dashboards:ro" \
        "grafana/grafana:$grafana_version"
}

# The official archive, checked against the checksum that is published beside it.
download_grafana() {
    local folder="$cache/grafana-$grafana_version" arch archive address
    [ -x "$folder/bin/grafana" ] && return
    case "$(uname -m)" in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) return 1 ;; esac
    archive="grafana-$grafana_version.linux-$arch.tar.gz"
    address="https://dl.grafana.com/oss/release/$archive"
    say "downloading Grafana $grafana_version (into $folder)"
    mkdir -p "$folder"
    (
        cd "$cache"
        curl -sSfL --connect-timeout 10 -o "$archive" "$address" &&
            curl -sSfL -o "$archive.sha256" "$address.sha256" &&
            echo "$(cut -c1-64 "$archive.sha256")  $archive" | sha256sum -c --quiet &&
            tar -xzf "$archive" -C "$folder" --strip-components=1 && rm -f "$archive"
    ) || { rm -rf "$folder"; return 1; }
}
