"""One Protocol for private keys that stay where they are: in a folder of encrypted files, or in memory for tests."""

from libs.keystore.file import FileKeystore as FileKeystore
from libs.keystore.keystore import Keystore as Keystore
from libs.keystore.keystore import KeyUnwrapper as KeyUnwrapper
from libs.keystore.keystore import SelfSigned as SelfSigned
from libs.keystore.memory import MemoryKeystore as MemoryKeystore
