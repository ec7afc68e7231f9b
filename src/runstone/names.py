"""Pleasant names for runs that were given none: ``brisk-heron-417``."""

from __future__ import annotations

import os

_ADJECTIVES = """
agile amber ample apt arctic autumn azure balmy bold brave breezy bright brisk calm candid cheerful chic civil
clear clever coastal cobalt copper coral cosmic cozy crisp curious dapper daring dawn deft dewy eager early
earnest easy elegant ember epic even exact fair fancy fearless fine fleet fluent fond frank fresh frosty gallant
gentle gilded glad golden grand graceful hardy hazel hearty honest humble ivory jade jolly jovial keen kind
lively lofty loyal lucid lucky lunar lyric mellow merry mighty mild misty modest neat nimble noble northern opal
open patient pearly placid plucky polite proud quick quiet rapid ready regal robust rosy rugged rustic sage
sandy serene sharp shiny silent silver sleek smart snug solar solid spry stellar steady stoic sunny swift tidy
tranquil true upbeat valiant velvet vivid warm wise witty zesty
"""
_ANIMALS = """
adder albatross alpaca antelope auk badger barbet bat bear beaver bee beetle bison bittern boar bobcat bunting
buzzard camel caracal caribou cassowary cat chamois cheetah chickadee chough cicada civet cobra condor coot
cormorant cougar coyote crab crane cricket crow cuckoo curlew deer dingo dolphin dormouse dove dunlin eagle
egret eider elk ermine falcon ferret finch firefly flamingo fox frog gannet gazelle gecko gibbon goose goshawk
grebe grouse gull hare harrier hawk hedgehog heron hoopoe hornbill ibex ibis iguana impala jackal jackdaw jaguar
jay kestrel kingfisher kite kiwi koala kudu lark lemming lemur leopard limpet linnet lizard llama loon lynx
macaw magpie mallard marmot marten martin mole mongoose moose moth mule narwhal newt nightjar ocelot octopus
okapi opossum oriole oryx osprey otter owl panda panther parrot partridge pelican penguin petrel pheasant pika
pipit platypus plover pony puffin puma quail rabbit raccoon raven redstart reindeer robin rook salmon sandpiper
seal serval shrew shrike siskin skink skua skylark snipe sparrow squid squirrel starling stoat stork swallow
swan swift tapir tern thrush tiger toad toucan trout turtle viper vole wagtail walrus warbler weasel whale
wigeon wolf wombat woodcock wren yak zebra
"""
ADJECTIVES, ANIMALS = _ADJECTIVES.split(), _ANIMALS.split()


def random_name() -> str:
    """``adjective-animal-number``. Draws from the system, so a script's own random seeds neither fix nor feel it."""
    draw = int.from_bytes(os.urandom(8), "little")
    draw, adjective = divmod(draw, len(ADJECTIVES))
    draw, animal = divmod(draw, len(ANIMALS))
    return f"{ADJECTIVES[adjective]}-{ANIMALS[animal]}-{draw % 1000}"
