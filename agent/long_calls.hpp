// Calls on the bus whose work may take long: they are answered after the bus's own processing,
// which cannot be entered twice, so that the bus is looked at in the midst of it (loop.hpp,
// meanwhile()). In the order in which they came. The loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <tuple>
#include <utility>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/bus_errors.hpp"

namespace plugtone {

class LongCalls {
public:
    // What the body returns is the answer: nothing, a value, or a tuple of several. It may throw as
    // any handler may (bus_errors.hpp), and must stand by itself: the object that took the call may
    // have gone.
    template <class... Values, class Body>
    void add(sdbus::Result<Values...>&& result, Body body) {
        // Shared since a std::function can be copied.
        const auto caller = std::make_shared<sdbus::Result<Values...>>(std::move(result));
        waiting_.emplace_back([caller, body = std::move(body)] {
            // What was done is done, whoever cannot be told of it.
            if_there_is_a_bus([&] {
                try {
                    answer_to(*caller, body);
                } catch (const sdbus::Error& error) {
                    caller->returnError(error);
                }
            });
        });
    }

    // All that have come.
    void advance() {
        while (!waiting_.empty()) {
            const auto work = std::move(waiting_.front());
            waiting_.pop_front();
            work();
        }
    }

private:
    template <class... Values, class Body>
    static void answer_to(const sdbus::Result<Values...>& caller, const Body& body) {
        if constexpr (sizeof...(Values) == 0) {
            answer(body);
            caller.returnResults();
        } else if constexpr (sizeof...(Values) == 1) {
            caller.returnResults(answer(body));
        } else {
            std::apply([&](const auto&... values) { caller.returnResults(values...); },
                       answer(body));
        }
    }

    std::deque<std::function<void()>> waiting_;
};

} // namespace plugtone
