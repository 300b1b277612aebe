// path: kea-hook/sample.cpp
#include "kea-hook/offer.hpp"

#include <boost/asio.hpp>

#include "agent/store.hpp" // <-- layers
#include "core/contracts/events.hpp"
#include "tests/unit/core/temp_folder.hpp" // <-- layers
#include "org.plugtone1.adaptor.hpp"
