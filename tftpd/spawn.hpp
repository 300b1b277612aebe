// The one place that starts coroutines. An exception ends its task alone, and is logged.
#pragma once

#include <exception>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "core/base/log.hpp"

namespace plugtone::tftpd {

namespace asio = boost::asio;

// task: a string literal, for the log.
inline void spawn(asio::io_context& io, std::string_view task, asio::awaitable<void> work) {
    asio::co_spawn(io, std::move(work), [task](std::exception_ptr error) {
        if (!error)
            return;
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& failure) {
            log(Level::error, "task-failed",
                {{"task", std::string(task)}, {"reason", failure.what()}});
        }
    });
}

} // namespace plugtone::tftpd
