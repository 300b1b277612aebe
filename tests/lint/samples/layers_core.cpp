// path: core/names/sample.cpp
#include "core/names/sample.hpp"

#include <string>

#include <boost/asio.hpp> // <-- layers
#include <thread> // <-- layers

#include "core/base/text.hpp"
#include "core/classes/parameter.hpp" // <-- layers
#include "agent/store.hpp" // <-- layers
#include "shelf.hpp" // <-- include-path
// #include "agent/store.hpp"
