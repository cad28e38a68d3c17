"""What both sides of a call must repeat in every request, so that it is recognised as theirs (RFC 3261 §12).

There is no proxy between the phones and the PBX, so there are no routes to follow.
"""

import secrets
from dataclasses import dataclass

from tests.asterisk.phones.message import Request, Response, tag_of, uri_of

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, UPDATE, INFO"


def new_tag() -> str:
    """A tag, a branch or an id that nobody else has."""
    return secrets.token_hex(8)


@dataclass
class Dialog:
    """One call as its two sides name it. ``local`` and ``remote`` are From and To with their tags, seen from us."""

    call_id: str
    local: str
    remote: str
    target: str
    contact: str
    via: str
    sequence: int = 0

    @classmethod
    def outgoing(cls, *, local_uri: str, target: str, contact: str, via: str, name: str = "") -> "Dialog":
        """One that we begin; the PBX's tag is not known yet."""
        shown = f'"{name}" ' if name else ""
        return cls(
            call_id=new_tag(),
            local=f"{shown}<{local_uri}>;tag={new_tag()}",
            remote=f"<{target}>",
            target=target,
            contact=contact,
            via=via,
        )

    @classmethod
    def incoming(cls, invite: Request, *, contact: str, via: str) -> "Dialog":
        """One that the PBX begins with this INVITE."""
        return cls(
            call_id=invite.call_id,
            local=f"{invite.header('To')};tag={new_tag()}",
            remote=invite.header("From"),
            target=uri_of(invite.header("Contact")),
            contact=contact,
            via=via,
        )

    def confirm(self, response: Response) -> None:
        """Take the PBX's tag and address from its answer."""
        self.remote = response.header("To")
        if contact := response.header("Contact"):
            self.target = uri_of(contact)

    @property
    def local_tag(self) -> str:
        return tag_of(self.local)

    @property
    def replaces(self) -> str:
        """Names this dialog to the PBX in a Replaces (RFC 3891): tags are seen from there."""
        return f"{self.call_id};to-tag={tag_of(self.remote)};from-tag={self.local_tag}"

    def request(self, method: str, *extra: tuple[str, str], body: str = "", sequence: int | None = None) -> Request:
        """The next request; with ``sequence``, an ACK to the INVITE of that number."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        headers = (
            ("Via", f"SIP/2.0/UDP {self.via};branch=z9hG4bK{new_tag()}"),
            ("Max-Forwards", "70"),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{sequence} {method}"),
            ("Contact", f"<{self.contact}>"),
            ("Allow", ALLOW),
            *extra,
        )
        typed = (("Content-Type", "application/sdp"),) if body else ()
        return Request(headers=headers + typed, body=body, method=method, uri=self.target)

    def cancel(self, invite: Request) -> Request:
        """Takes back an INVITE: the same transaction, so the same branch and number."""
        same = [(name, invite.header(name)) for name in ("Via", "Max-Forwards", "From", "To", "Call-ID")]
        return Request(headers=(*same, ("CSeq", f"{invite.cseq[0]} CANCEL")), method="CANCEL", uri=invite.uri)
