// path: tftpd/sample.cpp
namespace plugtone {

asio::awaitable<void> good(asio::io_context& io, Request request) {
    co_await wait_for(io);
    const int sent = co_await serve(std::move(request));
    auto [error, size] = co_await receive(io, buffer);
    total += co_await serve(request);
    std::map<int, std::string> names = co_await list();
    if (co_await ready())
        co_await serve(request);
    else
        co_await refuse();
    if (const auto got = co_await next(); got)
        co_return co_await finish();
    while (!co_await done())
        co_await wait_for(io, [this] { return true; });
    for (;;)
        co_await step(std::string("a") + b, values[at], pair<int, int>(1, 2));
    for (const auto& name : co_await list())
        co_await serve(name, [&name](int x) { return x && name; }); // <-- co-await
    switch (co_await kind()) {
    case Kind::one:
        co_await serve(request);
        break;
    default:
        co_await refuse();
    }
    asio::co_spawn(io, [request]() -> asio::awaitable<void> { co_await serve(request); }, done);
    const std::string after = "co_await f() && co_await g()"; // co_await f({1, 2})
    co_return;
}

asio::awaitable<void> bad(Request request) {
    co_await serve([request] { return 1; }); // <-- co-await
    co_await serve([=] { return 1; }); // <-- co-await
    co_await serve([p = std::move(request)] { return 1; }); // <-- co-await
    co_await serve({text, 3}); // <-- co-await
    co_await serve(Options{.a = text}); // <-- co-await
    co_await serve(Options{text, 3}); // <-- co-await
    co_await serve(io,
                   {a, b}); // the finding stands where the expression begins
    co_await serve(good ? a + "x" : std::string("y")); // <-- co-await
    Options first{.a = (co_await make()).a, .b = 2}; // <-- co-await
    Options second{.a = co_await make()}; // <-- co-await
    Options third{co_await make(), 2}; // <-- co-await
    if (co_await one() == 1 && co_await two() == 2) // <-- co-await co-await
        return;
    const bool both = ready && co_await one(); // <-- co-await
    const int x = (co_await one()) ? 1 : 2; // <-- co-await
    serve(co_await one()); // <-- co-await
    const int sum = co_await one() + co_await two(); // <-- co-await co-await
}

} // namespace plugtone
