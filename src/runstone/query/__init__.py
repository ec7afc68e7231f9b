"""The language of filters and orderings: pure functions from text to trees and back, no I/O.

Nothing is imported here: modules of this package are first met by several threads at once, and a package that loads its modules
while they ask for the package would be a circle that no order of locks can untie.
"""
