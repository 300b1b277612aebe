#include "tftpd/delivery_wait.hpp"

#include <algorithm>
#include <chrono>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tftpd/tcp_delivery.hpp"

namespace plugtone::tftpd {

namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds look_first{1};
constexpr std::chrono::milliseconds look_most{100};

} // namespace

asio::awaitable<std::string> until_delivered(asio::ip::tcp::socket& socket, std::uint64_t bytes) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    const auto deadline = Clock::now() + patience;
    auto wait = look_first;
    while (true) {
        const Delivery delivery = delivery_of(socket.native_handle(), bytes);
        if (delivery == Delivery::complete)
            co_return std::string();
        if (delivery == Delivery::lost || Clock::now() >= deadline)
            co_return "the client did not acknowledge the last bytes";
        boost::system::error_code ignored;
        timer.expires_after(wait);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        wait = std::min(wait * 2, look_most);
    }
}

} // namespace plugtone::tftpd
