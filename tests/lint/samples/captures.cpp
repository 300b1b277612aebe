// path: tftpd/sample.cpp
void run(asio::io_context& io) {
    spawn(io, "accept", [&]() -> asio::awaitable<void> { co_return; }()); // <-- captures
    asio::co_spawn(io, [=] { return serve(); }, done); // <-- captures
    asio::co_spawn(io, [&, this] { return serve(); }, done); // <-- captures
    asio::co_spawn(io, [this] { return serve(); }, done);
    std::sort(a.begin(), a.end(), [&](int x, int y) { return x < y; });
}
