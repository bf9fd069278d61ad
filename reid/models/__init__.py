"""The networks. Importing this package registers all of them."""

from reid.models.operators import declare_operators

declare_operators()  # first, so that network modules can import torchvision or timm as usual

from reid.models import alignedreid, bnneck, hacnn, inception_parser, mgn, parser_light, pcb, robust, spreid  # noqa: E402, F401
from reid.models.registry import (  # noqa: E402
    Head,
    Network,
    available,
    build,
    choices,
    options,
    parsers,
    register,
    register_parser,
)

__all__ = ["Head", "Network", "available", "build", "choices", "options", "parsers", "register", "register_parser"]
