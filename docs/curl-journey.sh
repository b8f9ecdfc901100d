#!/usr/bin/env bash
# The main job with nothing but curl: a firm signs up, enters its rooms, people and a list; a resident reports a
# repair with a photo, a technician works it off, the resident rates it.
#
#   bash docs/curl-journey.sh [http://localhost:8000]      the base host of a running Anju
#
# CURL may name another curl or add options to it. Needs bash, curl and sed.
set -euo pipefail

BASE=${1:-http://localhost:8000}
CURL=${CURL:-curl}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# ask METHOD ADDRESS [JSON]: the answer, or the problem and the end. TOKEN says who asks.
ask() {
    method=$1 address=$2
    shift 2
    [ $# -eq 0 ] || set -- -H 'Content-Type: application/json' -d "$1"
    send -X "$method" "$@" "$address"
}

send() {
    status=$($CURL -sS -o "$WORK/answer" -w '%{http_code}' -H 'Accept-Language: en' \
        ${TOKEN:+-H "Authorization: Bearer $TOKEN"} "$@")
    case $status in
        2*) cat "$WORK/answer" ;;
        *) echo "answered $status: $(cat "$WORK/answer")" >&2; exit 1 ;;
    esac
}

# of NAME: the first value of that name in the JSON on standard input.
of() {
    sed 's/[,{]/\n/g' | sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"}]*\).*/\1/p" | sed -n 1p
}

step() {
    echo "· $1" >&2
}

PASSWORD="night-river-$(date +%s)-$$"
PHONE=199$(printf '%08d' $((RANDOM * 3051)))

step "a firm signs up on the base host"
# 503 means that its place is being prepared: curl sends the same request again, and the key makes it one firm.
answer=$(TOKEN= send --retry 20 --retry-delay 1 -H "Idempotency-Key: $PASSWORD" -H 'Content-Type: application/json' \
    "$BASE/api/v1/signup" -d '{"firm_name": "Anhe Property", "admin_name": "Li Ting",
    "contact": "li.ting@example.com", "password": "'"$PASSWORD"'"}')
FIRM=$(echo "$answer" | of login_url | sed 's|/login.*||')
API=$FIRM/api/v1
echo "  $FIRM" >&2

step "its administrator asks for a token"
TOKEN=$(TOKEN= ask POST "$API/auth/login" '{"identifier": "li.ting@example.com", "password": "'"$PASSWORD"'"}' | of token)
ADMIN=$TOKEN

step "a community, a building, a room, and who lives there"
COMMUNITY=$(ask POST "$API/communities" '{"name": "Riverside Garden"}' | of id)
BUILDING=$(ask POST "$API/buildings" '{"community_id": "'"$COMMUNITY"'", "key": "3"}' | of id)
ROOM=$(ask POST "$API/rooms" '{"building_id": "'"$BUILDING"'", "unit": "2", "number": "1203", "floor": 12}' | of id)
PERSON=$(ask POST "$API/occupancies" '{"room_id": "'"$ROOM"'", "role": "owner", "name": "Zhou Huimin",
    "phones": ["'"$PHONE"'"]}' | of person_id)

step "a technician who is on duty around the clock"
answer=$(ask POST "$API/staff" '{"name": "Chen Zhiqiang", "job_title": "plumber", "skills": ["plumbing"],
    "roles": ["technician"], "shift": "early", "shift_start": "00:00", "shift_end": "23:59",
    "weekdays": [1, 2, 3, 4, 5, 6, 7]}')
STAFF=$(echo "$answer" | of id)

step "both set a password with their one-time links"
link=$(ask POST "$API/staff/$STAFF/invitation" | of url)
TECHNICIAN=$(TOKEN= ask POST "$API/auth/activate" '{"secret": "'"${link##*/}"'", "password": "'"$PASSWORD"'"}' | of token)
link=$(ask POST "$API/persons/$PERSON/invitation" | of url)
RESIDENT=$(TOKEN= ask POST "$API/auth/activate" '{"secret": "'"${link##*/}"'", "password": "'"$PASSWORD"'"}' | of token)

step "the resident reports a leak, with a photo"
TOKEN=$RESIDENT
answer=$(ask POST "$API/repairs" '{"text": "厨房水管爆了，水喷得到处都是", "room_id": "'"$ROOM"'", "request_id": "report-1"}')
ORDER=$(echo "$answer" | of id)
echo "  $(echo "$answer" | of number): $(echo "$answer" | of category), $(echo "$answer" | of urgency)" >&2
photo() {
    echo 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR42mNMamhiwAaYGHCAwSkBAD2nASB5zJmXAAAAAElFTkSuQmCC' |
        base64 -d >"$WORK/photo.png"
    send -F "client_id=photo-$1" -F "stage=$1" -F "photo=@$WORK/photo.png;type=image/png" "$API/repairs/$ORDER/photos" >/dev/null
}
photo before

step "the front desk sends it out, unless the product has done so"
TOKEN=$ADMIN
state=$(ask GET "$API/repairs/$ORDER" | of state)
to() {
    ask POST "$API/repairs/$ORDER/transitions" "$1" | of state | sed 's/^/  /' >&2
}
[ "$state" != submitted ] || to '{"to": "triaged", "category": "plumbing", "urgency": "emergency"}'
[ "$(ask GET "$API/repairs/$ORDER" | of state)" = dispatched ] || to '{"to": "dispatched", "staff_id": "'"$STAFF"'"}'

step "the technician accepts, arrives, repairs"
TOKEN=$TECHNICIAN
to '{"to": "accepted"}'
to '{"to": "en_route", "eta_minutes": 10}'
to '{"to": "working", "arrival": {"by": "word"}}'
photo after
to '{"to": "finished", "note": "New hose, tested for ten minutes."}'

step "the resident rates and reads the history"
TOKEN=$RESIDENT
to '{"to": "rated", "attitude": 5, "speed": 5, "quality": 4, "note": "Quick and clean."}'
ask GET "$API/repairs/$ORDER/events" | sed 's/[,{]/\n/g' | sed -n 's/^ *"to_state": *"\([a-z_]*\)".*/  \1/p' >&2

step "the firm's own list of rooms and owners"
TOKEN=$ADMIN
printf '楼栋,单元,房号,业主姓名,联系电话,建筑面积\n5,1,101,吴敏,%s,89.20\n5,1,102,孙伟,,92.00\n' "$PHONE" >"$WORK/rooms.csv"
IMPORT=$(send -F "file=@$WORK/rooms.csv;type=text/csv" -F "community_id=$COMMUNITY" "$API/imports" | of id)
wait_for() {
    for try in $(seq 60); do
        state=$(ask GET "$API/imports/$IMPORT" | of state)
        case $state in
            "$1") echo "  $state" >&2; return ;;
            failed | mapping) ask GET "$API/imports/$IMPORT" >&2; exit 1 ;;
        esac
        sleep 0.5
    done
    echo "the import is still $state" >&2
    exit 1
}
wait_for preview
ask POST "$API/imports/$IMPORT/apply" '{}' >/dev/null
wait_for applied
ROOMS=$(ask GET "$API/rooms?q=101" | of key)

echo "$FIRM: repair $(ask GET "$API/repairs/$ORDER" | of state), room $ROOMS imported"
