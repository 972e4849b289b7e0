"""Ids as Cody makes them: Hashids of an auto-increment number (hashids.org, the published algorithm).

Encoding only: nobody but Cody's database needs the way back.
"""

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890"
SEPARATORS = "cfhistuCFHISTU"
#: One separator for 3.5 letters, one guard for 12: fixed by the algorithm.
SEPARATOR_SHARE = 3.5
GUARD_SHARE = 12


def _shuffled(text: str, salt: str) -> str:
    """The algorithm's consistent shuffle: the same salt always gives the same order."""
    if not salt:
        return text
    letters = list(text)
    index = total = 0
    for i in range(len(letters) - 1, 0, -1):
        index %= len(salt)
        step = ord(salt[index])
        total += step
        j = (step + index + total) % i
        letters[i], letters[j] = letters[j], letters[i]
        index += 1
    return "".join(letters)


def _digits(number: int, alphabet: str) -> str:
    """`number` written with `alphabet` as its digits."""
    written = ""
    while True:
        number, digit = divmod(number, len(alphabet))
        written = alphabet[digit] + written
        if number == 0:
            return written


class Hashids:
    """Encodes one number at a time, which is all that an id needs."""

    def __init__(self, salt: str, min_length: int = 12) -> None:
        self._salt = salt
        self._min_length = min_length
        separators, alphabet = self._balanced()
        guards = -(-len(alphabet) // GUARD_SHARE)
        # With 48 letters left the guards always come from the alphabet, never from the separators.
        self._guards, self._alphabet, self._separators = alphabet[:guards], alphabet[guards:], separators

    def _balanced(self) -> tuple[str, str]:
        """Separators and alphabet, shuffled; the default alphabet needs neither more nor fewer separators."""
        alphabet = "".join(letter for letter in ALPHABET if letter not in SEPARATORS)
        separators = _shuffled(SEPARATORS, self._salt)
        missing = -int(-len(alphabet) // SEPARATOR_SHARE) - len(separators)
        if missing > 0:
            separators, alphabet = separators + alphabet[:missing], alphabet[missing:]
        return separators, _shuffled(alphabet, self._salt)

    def encode(self, number: int) -> str:
        """The id of `number`, at least `min_length` characters."""
        lottery_number = number % 100
        alphabet = self._alphabet
        lottery = alphabet[lottery_number % len(alphabet)]
        alphabet = _shuffled(alphabet, (lottery + self._salt + alphabet)[: len(alphabet)])
        return self._padded(lottery + _digits(number, alphabet), alphabet, lottery_number)

    def _padded(self, text: str, alphabet: str, lottery_number: int) -> str:
        """Guards on both sides, then halves of the ever reshuffled alphabet, until it is long enough."""
        if len(text) < self._min_length:
            text = self._guards[(lottery_number + ord(text[0])) % len(self._guards)] + text
        if len(text) < self._min_length:
            text += self._guards[(lottery_number + ord(text[2])) % len(self._guards)]
        half = len(alphabet) // 2
        while len(text) < self._min_length:
            alphabet = _shuffled(alphabet, alphabet)
            text = alphabet[half:] + text + alphabet[:half]
            excess = len(text) - self._min_length
            if excess > 0:
                text = text[excess // 2 : excess // 2 + self._min_length]
        return text
