"""Uploads in parts on S3 that somebody else makes: begun and completed here, each part sent to a presigned URL.

Signatures are AWS's version 4 in the query string:
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import urllib3
from msgspec import Struct

from runstone.errors import InvalidValue, PlaceRefused, StoreUnavailable

from .paths import clean

#: S3's own limit of parts in one upload.
MOST_PARTS = 10_000
_ALGORITHM = "AWS4-HMAC-SHA256"


class Keys(Struct, frozen=True):
    """What signs a request."""

    access: str
    secret: str
    region: str
    token: str = ""

    def __repr__(self) -> str:  # never into a log
        return f"Keys({self.access!r})"


class PartUploads:
    """Uploads in parts below one prefix of one bucket.

    Args:
        bucket_url: address of the bucket, path style.
        prefix: what every name begins with, without slashes around.
        insecure: take any certificate.
    """

    def __init__(self, bucket_url: str, prefix: str, keys: Keys, insecure: bool = False) -> None:
        self._url, self._prefix, self._keys = bucket_url, prefix, keys
        self._pool = urllib3.PoolManager(
            retries=False, timeout=urllib3.Timeout(connect=5, read=60), cert_reqs="CERT_NONE" if insecure else "CERT_REQUIRED"
        )

    def create(self, path: str) -> str:
        """Begin an upload; its id. Nothing can be seen until :meth:`complete`."""
        answer = self._ask("POST", path, {"uploads": ""})
        found = next((one.text for one in answer.iter() if one.tag.endswith("UploadId")), None)
        if not found:
            raise StoreUnavailable(f"The object store began an upload of {path!r} without telling its id.")
        return found

    def part_url(self, path: str, upload_id: str, number: int, seconds: int) -> str:
        """Where part ``number`` (from 1) may be PUT by anybody for so many seconds."""
        return self.signed("PUT", path, {"partNumber": str(number), "uploadId": upload_id}, seconds)

    def complete(self, path: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> None:
        """Put the parts (number, ETag) together; the file appears.

        Raises:
            InvalidValue: the store knows no such upload or part.
        """
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>" for number, tag in sorted(parts)
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        self._ask("POST", path, {"uploadId": upload_id}, body)

    def abort(self, path: str, upload_id: str) -> None:
        """Forget an upload and its parts."""
        self._ask("DELETE", path, {"uploadId": upload_id})

    def signed(self, method: str, path: str, query: Mapping[str, str], seconds: int, now: float | None = None) -> str:
        """The URL for one request, valid for so many seconds from ``now``."""
        keys, moment = self._keys, time.gmtime(time.time() if now is None else now)
        day, stamp = time.strftime("%Y%m%d", moment), time.strftime("%Y%m%dT%H%M%SZ", moment)
        scope = f"{day}/{keys.region}/s3/aws4_request"
        parts = urlsplit(self._url)
        name = clean(path, file=True)
        resource = quote(f"{parts.path}/{self._prefix}/{name}" if self._prefix else f"{parts.path}/{name}", safe="/~")
        fields = {
            **query,
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{keys.access}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "host",
        }
        if keys.token:
            fields["X-Amz-Security-Token"] = keys.token
        text = "&".join(f"{quote(key, safe='~')}={quote(fields[key], safe='~')}" for key in sorted(fields))
        canonical = f"{method}\n{resource}\n{text}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
        to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{keys.secret}".encode()
        for word in (day, keys.region, "s3", "aws4_request"):
            key = hmac.digest(key, word.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        return f"{parts.scheme}://{parts.netloc}{resource}?{text}&X-Amz-Signature={signature}"

    def _ask(self, method: str, path: str, query: Mapping[str, str], body: bytes = b"") -> ElementTree.Element:
        url = self.signed(method, path, query, 300)
        try:
            answer = self._pool.request(method, url, body=body)
        except urllib3.exceptions.HTTPError as cause:
            error = StoreUnavailable(f"The object store cannot be reached for {path!r}: {cause}.")
            error.outside = f"The object store of the server's artifacts cannot be reached for {path!r}. Try it again."
            raise error from cause
        found = _parsed(answer.data)
        code = next((one.text or "" for one in found.iter() if one.tag.rpartition("}")[2] == "Code"), "")
        if answer.status >= 400 or found.tag.rpartition("}")[2] == "Error":  # completing may fail with status 200
            if code.startswith(("NoSuchUpload", "InvalidPart", "EntityTooSmall", "MalformedXML")):
                raise InvalidValue(f"The object store refused the upload of {path!r}: {code}. Begin it again.")
            kind = PlaceRefused if answer.status in (401, 403) or code == "NoSuchBucket" else StoreUnavailable
            raise kind(f"The object store refused the upload of {path!r}: {code or answer.status}.")
        return found


def _parsed(data: bytes) -> ElementTree.Element:
    """The answer's XML; no document type, so that nothing in it can grow."""
    try:
        return ElementTree.fromstring(data) if data.strip() and b"<!DOCTYPE" not in data else ElementTree.Element("empty")
    except ElementTree.ParseError:
        return ElementTree.Element("unreadable")
