"""Demo persons of a stand: their keys are made from the coalition's name, the post and the seed, for exercises and tests only.

Here alone a private key of a person exists, as long as the stand does; it is never written anywhere.
"""

from importlib.resources import files

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.errors import OperatorFault
from tocsin.guard.keys import generate_key, key_id_of, public_of
from tocsin.messages.basics import Nation, World
from tocsin.messages.command import Command
from tocsin.messages.people import Person
from tocsin.node.people_settings import Posts, default_posts, parse_posts
from tocsin.wire.command import seal_command


class Crew:
    """One nation's demo persons: their public entries for the node, and acts signed by them."""

    def __init__(self, coalition: str, posts: Posts, world: World, seed: int) -> None:
        if world == "live":
            text = "demo persons have exercise keys: expected world exercise or test, came live; live persons bring their own keys"
            raise OperatorFault(text, exit_code=2)
        self.posts = posts
        self._private = {name: generate_key(f"{world} {coalition} {posts.nation} person {name} {seed}".encode()) for name, _ in posts.posts}
        self.people = tuple(
            Person(
                person=name,
                nation=posts.nation,
                role=role,
                world=world,
                key_id=key_id_of(public_of(self._private[name])),
                public_hex=public_of(self._private[name]).hex(),
            )
            for name, role in posts.posts
        )

    def sign(self, command: Command) -> bytes:
        """Return the act as its person would sign it; raises OperatorFault for a post that this nation has not."""
        private = self._private.get(command.person)
        person = next((each for each in self.people if each.person == command.person), None)
        if private is None or person is None:
            known = ", ".join(name for name, _ in self.posts.posts)
            raise OperatorFault(f"person {command.person!r}: expected one of {known}")
        return seal_command(command, person.key_id, Ed25519PrivateKey.from_private_bytes(private).sign)


def read_posts(coalition: str) -> dict[Nation, Posts]:
    """Return the packaged posts of a coalition's nations; an empty table where none are packaged."""
    path = files("tocsin") / "data" / "people" / f"{coalition}.toml"
    return parse_posts(path.read_text(encoding="utf-8"), f"people/{coalition}.toml") if path.is_file() else {}


def crews_of(
    coalition: str, nations: tuple[Nation, ...], world: World, seed: int, posts: dict[Nation, Posts] | None = None
) -> dict[Nation, Crew]:
    """Return the demo persons of every nation: packaged posts, the defaults where there are none, or ``posts``."""
    known = read_posts(coalition) if posts is None else posts
    return {nation: Crew(coalition, known.get(nation) or default_posts(nation), world, seed) for nation in nations}
