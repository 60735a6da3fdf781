# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The vocabulary of the training pictures: names, synonyms, categories, colours.

One line of `TREE` is a concept: `name = synonyms < parents`. A picture of a thing is a positive
example of its name, of the name's head noun, and of every synonym and ancestor of those; concepts
below its name are left out of the loss (a "chair" may be an office chair), all others are
negatives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import re

import numpy as np

__all__ = ['COLORS', 'Vocabulary', 'clean_name', 'color_of', 'draw_color']

COLORS = (
    'red',
    'orange',
    'yellow',
    'green',
    'blue',
    'purple',
    'pink',
    'brown',
    'black',
    'white',
    'grey',
)
"""The eleven basic colour terms of English (Berlin & Kay 1969)."""

TREE = """
man = male, guy, gentleman, adult man < person
woman = female, lady, adult woman < person
boy = male child < child
girl = female child < child
child = kid < person
person = human, human being, pedestrian, somebody, people, adult
player = footballer, football player, soccer player, sportsman < person
goalkeeper = goalie, keeper < player
referee = umpire < person
mannequin = dummy, display dummy
car = automobile, auto, motorcar < motor vehicle
hatchback = compact car < car
suv = sport utility vehicle, off-road car < car
sedan = saloon car < car
sports car = racing car < car
convertible = cabriolet < car
city car = small car, mini car < car
family car = estate car, minivan < car
taxi = cab < car
police car < car
van = delivery van, panel van < motor vehicle
truck = lorry, pickup truck < motor vehicle
bus = coach, omnibus < motor vehicle
fire engine = fire truck < truck
ambulance < motor vehicle
tractor < motor vehicle
fork lift = forklift, forklift truck < motor vehicle
motorbike = motorcycle, motor cycle < motor vehicle
scooter = moped, motor scooter < motor vehicle
construction machine = construction vehicle < motor vehicle
excavator = digger < construction machine
wheel loader = front loader, loader < construction machine
dump truck = dumper, tipper < truck
auto rickshaw = rickshaw, tuk tuk < motor vehicle
motor vehicle < vehicle
trailer < vehicle
drone = quadcopter, multicopter < vehicle
hot air balloon < vehicle
bicycle = bike, pushbike < vehicle
tricycle < vehicle
skateboard < sports equipment
train = locomotive, railway carriage < vehicle
airplane = aeroplane, plane, biplane, aircraft < vehicle
helicopter < vehicle
boat = rowboat, rowing boat < vehicle
ship < vehicle
wheelchair < vehicle
stroller = pram, baby carriage, pushchair < vehicle
wheelbarrow < tool
vehicle = means of transport
dog = hound, doggy < pet
bulldog < dog
poodle < dog
cat = kitty, house cat < pet
siamese cat < cat
pet < animal
horse = pony < animal
deer = stag < animal
rabbit = bunny, hare < animal
chicken = hen < bird
rooster = cock < bird
duck < bird
bird < animal
cow = cattle < animal
pig < animal
sheep = lamb < animal
elephant < animal
bear < animal
lion = lioness < animal
leopard < animal
zebra < animal
donkey < animal
buffalo < animal
hyena < animal
wolf < animal
fox < animal
raccoon = racoon < animal
hamster < animal
goat < animal
crow = raven < bird
turtle = tortoise < animal
snake < animal
butterfly < animal
fish < animal
animal = beast, creature
chair < seat
armchair = easy chair < chair
office chair = desk chair, swivel chair < chair
folding chair < chair
deck chair = beach chair < chair
high chair < chair
sofa = couch, settee < seat
stool = bar stool < seat
bench = park bench < seat
ottoman = puff, pouf < seat
seat < furniture
table < furniture
coffee table < table
dining table < table
desk = writing desk, office desk < table
bed < furniture
crib = cot, baby bed < bed
wardrobe = closet < cabinet
cabinet = cupboard < furniture
bookcase = bookshelf < shelf
shelf = shelves, rack < furniture
dresser = chest of drawers, commode < cabinet
furniture = piece of furniture
lamp = light, light fixture < lighting
street lamp = street light, lamppost < lamp
desk lamp = table lamp < lamp
floor lamp = standard lamp < lamp
chandelier < lamp
candle < lighting
lantern < lamp
flashlight = torch < lamp
lighting = light source
door < building part
window < building part
staircase = stairs < building part
fence = railing < building part
column = pillar < building part
chimney < building part
fireplace < building part
house = hut, cabin < building
building
building part
refrigerator = fridge, freezer < appliance
oven = stove, cooker < appliance
microwave = microwave oven < appliance
washing machine = washer < appliance
dryer = tumble dryer < appliance
dishwasher < appliance
toaster < appliance
coffee machine = coffee maker, espresso machine < appliance
blender = mixer < appliance
fan = ventilator < appliance
air conditioner = air conditioning unit < appliance
radiator = heater < appliance
water heater = boiler < appliance
appliance = household appliance
television = tv, tv set, screen < electronics
computer = imac, desktop computer < electronics
laptop = notebook computer < computer
monitor = display < electronics
tablet = tablet computer < electronics
phone = telephone < electronics
mobile phone = cell phone, smartphone, cellphone < phone
camera = photo camera < electronics
surveillance camera = cctv camera, security camera < camera
speaker = loudspeaker < electronics
radio = stereo < electronics
keyboard = computer keyboard < electronics
printer < electronics
headphones = earphones < electronics
game console < electronics
joystick < electronics
electronics = electronic device
clock < instrument
watch = wristwatch < instrument
thermometer < instrument
scale = scales < instrument
instrument
power socket = wall socket, outlet, plug < electrical fitting
light switch = wall switch < electrical fitting
network socket < electrical fitting
electrical fitting
toilet = lavatory < bathroom fixture
urinal < bathroom fixture
sink = washbasin, basin, wash basin < bathroom fixture
bathtub = bath < bathroom fixture
shower = shower stall < bathroom fixture
faucet = tap < bathroom fixture
bathroom fixture
towel < textile
curtain = drape < textile
carpet = rug < textile
cushion = pillow < textile
textile = cloth, fabric
tree < plant
palm tree = palm, coconut tree < tree
conifer = pine tree, pine, fir, spruce, cypress < tree
christmas tree < conifer
bush = shrub, hedge < plant
flower = flowers, blossom < plant
potted plant = house plant, indoor plant, plant pot < plant
cactus < plant
bamboo < plant
grass < plant
plant
bottle < container
wine bottle < bottle
beer bottle < bottle
cup = mug, coffee cup, teacup < dishes
glass = drinking glass < dishes
bowl < dishes
plate = dish < dishes
teapot = kettle, coffee pot < dishes
pan = frying pan, saucepan < dishes
dishes = tableware, crockery
fork < cutlery
knife < cutlery
spoon < cutlery
cutlery
vase < container
jar = pot < container
box < container
cardboard box < box
crate = wooden box < box
chest = treasure chest < box
barrel = keg < container
basket < container
bin = trash can, garbage can, trashcan, dustbin, rubbish bin, waste bin < container
shipping container < container
bucket = pail < container
can = tin can, soda can, beverage can < container
plastic container < container
carton < box
container
backpack = rucksack, knapsack, school bag < bag
handbag = purse < bag
suitcase = luggage, trunk < bag
briefcase < bag
plastic bag < bag
wallet
bag
hat = cap < clothing
helmet < clothing
hard hat = safety helmet, construction helmet < helmet
safety vest = high visibility vest, reflective vest, hi-vis vest < clothing
face mask < clothing
jacket = coat, suit < clothing
shirt = t-shirt < clothing
trousers = pants, jeans < clothing
shorts < clothing
dress = gown < clothing
skirt < clothing
shoe = shoes, sneaker, sneakers < clothing
boot = boots < clothing
slippers < clothing
glove = gloves < clothing
glasses = eyeglasses, spectacles < clothing
sunglasses < glasses
umbrella = parasol
clothing = clothes, garment
ball < sports equipment
soccer ball = football < ball
basketball < ball
tennis ball < ball
tennis racket = racket < sports equipment
bicycle helmet < helmet
treadmill < sports equipment
exercise bike < sports equipment
trampoline < sports equipment
goal = football goal < sports equipment
sports equipment
teddy bear = stuffed toy < toy
doll < toy
rocking horse < toy
swing = child swing < playground equipment
seesaw < playground equipment
sandpit = sandbox < playground equipment
playground equipment
toy
guitar = electric guitar < musical instrument
piano = grand piano, upright piano < musical instrument
violin < musical instrument
drum < musical instrument
trumpet < musical instrument
musical instrument
hammer < tool
screwdriver < tool
saw < tool
drill = power drill < tool
pliers < tool
shovel = spade < tool
broom < tool
brush < tool
scissors < tool
ladder = step ladder < tool
lawn mower = mower < tool
hose = hose reel < tool
tool
fire hydrant = hydrant < street furniture
mailbox = letter box, post box < street furniture
traffic cone = cone, road cone < street furniture
traffic light < street furniture
road sign = traffic sign < street furniture
bollard < street furniture
railway track = railway tracks
street furniture
fire extinguisher = extinguisher < safety equipment
smoke detector < safety equipment
safety equipment
bottle cap < litter
lid < litter
straw = drinking straw < litter
cigarette = cigarette butt < litter
pop tab < litter
styrofoam = polystyrene < litter
aluminium foil = tinfoil < litter
broken glass < litter
litter = trash, rubbish, garbage
earphone case
book < stationery
newspaper < stationery
paper = sheet of paper < stationery
pencil = pen, text marker < stationery
ruler < stationery
stapler < stationery
stationery
apple = apples < fruit
banana < fruit
orange fruit = tangerine < fruit
fruit < food
vegetable < food
bread < food
cake = birthday cake, cup cake, cupcake < food
hamburger = burger < food
hot dog < food
pizza < food
sandwich < food
steak = meat < food
french fries = fries < food
food = something to eat
rock = stone, boulder
snowman
tent = camping tent
sculpture = statue
fountain
painting = picture frame, picture
mirror
key = keys
gift = present, gift box
coin = banknote, money
"""

RENAMED = {
    r'seat leon|ford focus': 'hatchback',
    r'renault scenic': 'family car',
    r'peugeot 308 cc': 'convertible',
    r'smart car|vw new beetle': 'city car',
    r'chevrolet': 'sports car',
    r'concept sedan.*sport': 'sports car',
    r'concept sedan.*': 'sedan',
    r'yamaha.*': 'motorbike',
    r'.*(rj45|rj-45).*': 'network socket',
    r'.*(type [a-g]|antenna) plug|.*socket': 'power socket',
    r'.*switch': 'light switch',
    r'tv.*16:9|wall flat tv|tv': 'television',
    r'bill \d+.*': 'banknote',
    r'apple iphone': 'mobile phone',
    r'apple imac.*': 'computer',
    r'apple ibook': 'laptop',
    r'(mannequin) (fe)?male': 'mannequin',
    r'indoor bike': 'exercise bike',
    r'wood toy|children game': 'toy',
    r'playstation': 'game console',
    r'bullet trash can|.*trashcan|recycling bin': 'bin',
    r'trunck': 'chest',
    r'cctv': 'surveillance camera',
    r'gaz water heater|electric water heater': 'water heater',
    r'teck chair|osaka chair|ryokan chair|class seat|relax chair': 'chair',
    r'letters box': 'mailbox',
    r'television cabinet|tv stand': 'tv stand',
    r'flipper': 'pinball machine',
    r'barnum': 'tent',
    r'car model': 'toy car',
    r'table tennis': 'table tennis table',
    r'.*(bz|convertible) ?(sofa|bz).*|winchester sofa|clear sofa|burlap sofa|sofa \d.*': 'sofa',
    r'winchester armchair|modern armchair': 'armchair',
    r'.*(french|hung|arched|sliding|turn|double|large pane|panes) ?window.*': 'window',
    r'double door.*|exterior door|screen door|glass door|elevator door|garage door': 'door',
    r'plate, glass.*': 'place setting',
    r'(large|small) (pan|stove|oven|fridge)': r'\2',
    r'.*(yucca|spathiphyllum|ficus|succulent|spider plant|plant|orchids).*': 'potted plant',
    r'.*(acacia|sycamore|poplar|beech|maple|bonsai|peach blossom).*': 'tree',
    r'.*(pine|cypress).*': 'conifer',
    r'.*(coconut).*': 'palm tree',
    r'tulips|white lily': 'flower',
}

SKIPPED = re.compile(
    r'arrow|parking slot|pedestrian crossing|^rails?$|rail crossing|sidewalk|living room|pool$'
    r'|tatami|emergency sign|^screen$|strip|speech unit|bell ring|pool lounge'
)

ROLES = {'player', 'referee'}
"""Concepts that say what a person does, not who it is; and what is below them."""

NOT_HEADS = {'hot dog', 'rocking horse', 'dog house', 'doll house', 'clothes horse', 'toy car'}
"""Names whose last word is not what the thing is."""

_COLOR_HSV: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    'red': ((-8, 6), (0.78, 1.0), (0.5, 0.95)),
    'orange': ((18, 32), (0.8, 1.0), (0.8, 1.0)),
    'yellow': ((46, 58), (0.7, 1.0), (0.82, 1.0)),
    'green': ((90, 150), (0.5, 1.0), (0.3, 0.8)),
    'blue': ((200, 240), (0.55, 1.0), (0.35, 0.95)),
    'purple': ((265, 295), (0.45, 0.9), (0.35, 0.8)),
    'pink': ((315, 345), (0.3, 0.6), (0.88, 1.0)),
    'brown': ((15, 30), (0.5, 0.8), (0.25, 0.45)),
    'black': ((0, 360), (0.0, 0.3), (0.03, 0.13)),
    'white': ((0, 360), (0.0, 0.05), (0.92, 1.0)),
    'grey': ((0, 360), (0.0, 0.08), (0.35, 0.65)),
}


def draw_color(rng: np.random.Generator, name: str) -> np.ndarray:
    """Draw a colour that people call by this name: float RGB (3,) in [0, 1]."""
    (h0, h1), (s0, s1), (v0, v1) = _COLOR_HSV[name]
    hue, sat, value = rng.uniform(h0, h1), rng.uniform(s0, s1), rng.uniform(v0, v1)
    sector = (np.array([5.0, 3.0, 1.0]) + (hue % 360) / 60) % 6
    return value - value * sat * np.clip(np.minimum(sector, 4 - sector), 0, 1)


def color_of(rgb: np.ndarray) -> np.ndarray:
    """
    Name the colour of pixels.

    :param rgb: uint8 (..., 3).
    :returns: index into COLORS, int (...), -1 where the colour lies between names.
    """
    value = rgb.max(-1).astype(np.float32) / 255
    spread = value - rgb.min(-1).astype(np.float32) / 255
    sat = spread / np.maximum(value, 1e-3)
    r, g, b = (rgb[..., k].astype(np.float32) / 255 for k in range(3))
    safe = np.maximum(spread, 1e-3)
    hue = np.where(
        value == r,
        (g - b) / safe % 6,
        np.where(value == g, (b - r) / safe + 2, (r - g) / safe + 4),
    )
    hue = hue * 60
    name = np.full(value.shape, -1)
    vivid = (sat > 0.4) & (value > 0.28)
    for color, low, high in (
        ('red', 0, 10),
        ('red', 348, 361),
        ('orange', 16, 38),
        ('yellow', 46, 64),
        ('green', 78, 165),
        ('blue', 190, 250),
        ('purple', 262, 305),
        ('pink', 310, 346),
    ):
        name[vivid & (hue >= low) & (hue < high)] = COLORS.index(color)
    pale = (sat > 0.2) & (sat <= 0.55) & (value > 0.75) & ((hue > 310) | (hue < 8))
    name[pale] = COLORS.index('pink')
    name[(hue > 8) & (hue < 42) & (sat > 0.35) & (value > 0.15) & (value < 0.55)] = COLORS.index(
        'brown'
    )
    dull = sat < 0.15
    name[dull & (value > 0.85)] = COLORS.index('white')
    name[dull & (value > 0.28) & (value < 0.72)] = COLORS.index('grey')
    name[(value < 0.16) | ((value < 0.24) & dull)] = COLORS.index('black')
    return name


def clean_name(raw: str) -> str | None:
    """Turn a catalogue's or an emoji's name into a common noun; None: not an object."""
    name = re.sub(r'\s+', ' ', raw.lower().replace('_', ' ')).strip()
    if SKIPPED.search(name):
        return None
    for pattern, better in RENAMED.items():
        if re.fullmatch(pattern, name):
            return re.sub(pattern, better, name)
    name = re.sub(r'\bmale\b', 'man', re.sub(r'\bfemale\b', 'woman', name))
    name = re.sub(r'\s*\b\d+\b.*$', '', name)
    return name or None


@dataclass
class Vocabulary:
    """Concepts by number; build it with add(), then ask for targets."""

    names: list[str] = field(default_factory=list)
    _parents: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in TREE.strip().splitlines():
            left, _, parents = line.partition('<')
            name, _, synonyms = left.partition('=')
            canonical = name.strip()
            self._learn(canonical)
            for parent in filter(None, (p.strip() for p in parents.split(','))):
                self._parents[canonical].add(parent)
            for synonym in filter(None, (s.strip() for s in synonyms.split(','))):
                # a synonym is a concept with the same examples: parent and child at once
                self._learn(synonym)
                self._parents[synonym].add(canonical)
                self._parents[canonical].add(synonym)
        for name in list(self._parents):
            for parent in self._parents[name]:
                self._learn(parent)

    def _learn(self, name: str) -> None:
        if name not in self._parents:
            self._parents[name] = set()
            self.names.append(name)

    def add(self, name: str) -> None:
        """Add a cleaned name; its head noun becomes its parent where that is a concept."""
        if name in self._parents:
            return
        self._learn(name)
        words = name.split()
        if name in NOT_HEADS:
            return
        for start in range(1, len(words)):
            head = ' '.join(words[start:])
            if head in self._parents:
                self._parents[name].add(head)
                return

    def find(self, words: list[str]) -> str | None:
        """Return the concept that the last of these words name, the longest one."""
        for start in range(len(words)):
            for end in (words[-1], words[-1].removesuffix('s')):
                name = ' '.join([*words[start:-1], end])
                if name in self._parents:
                    return name
        return None

    def above(self, name: str) -> set[str]:
        """Return the concept and everything it also is."""
        seen, front = set(), [name]
        while front:
            current = front.pop()
            if current not in seen:
                seen.add(current)
                front.extend(self._parents[current])
        return seen

    def targets(self) -> np.ndarray:
        """Return int8 (V, V): row: what a thing is called; 1 is, 0 is not, -1 may be."""
        index = {name: number for number, name in enumerate(self.names)}
        table = np.zeros((len(self.names), len(self.names)), np.int8)
        for name, row in index.items():
            for upper in self.above(name):
                table[row, index[upper]] = 1
        table[(table.T == 1) & (table == 0)] = -1
        # a role does not tell who plays it: a referee may be a woman
        roles = [row for name, row in index.items() if self.above(name) & ROLES]
        anybody = [row for name, row in index.items() if 'person' in self.above(name)]
        anybody = [row for row in anybody if row not in set(roles)]
        for rows, columns in ((roles, anybody), (anybody, roles)):
            part = table[np.ix_(rows, columns)]
            table[np.ix_(rows, columns)] = np.where(part == 0, -1, part)
        return table
