#!/bin/sh
# joserfc refuses a valid token over a header field it has not heard of.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check joserfc==1.8.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

key = OctKey.generate_key(256)
lenient = jws.JWSRegistry(algorithms=["HS256"], strict_check_header=False)
token = jwt.encode({"alg": "HS256", "tenant-hint": "acme"}, {"sub": "usr_1"}, key, registry=lenient)
try:
    jwt.decode(token, key, algorithms=["HS256"])
    seen = "accepted"
except (JoseError, ValueError) as error:
    seen = f"{type(error).__name__}: {error}"
again = jwt.decode(token, key, registry=lenient).claims["sub"]
print("version:  joserfc 1.8.0")
print("expected: accepted; RFC 7515 section 4 says that fields which are not understood are ignored, unless crit names them")
print(f"seen:     {seen}; with strict_check_header=False it reads {again}")
print("cost:     an identity provider that adds a header field signs everybody out, from one deployment to the next")
print("do:       a registry with strict_check_header=False, and a check of crit of one's own")
sys.exit(0 if seen != "accepted" and again == "usr_1" else 1)
PYTHON
