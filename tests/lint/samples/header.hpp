#include <string> // <-- header header
// path: core/base/sample.hpp
using namespace std; // <-- header

int first; // NOLINT // <-- nolint
int second; // NOLINT(bugprone-x) // <-- nolint
int third; // NOLINT(bugprone-x): the name is the protocol's
// NOLINTBEGIN(bugprone-x): the names are the protocol's
// NOLINTEND(bugprone-x)
