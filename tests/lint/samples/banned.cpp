// path: agent/sample.cpp
#include <cstring>

#define LIMIT 5 // <-- macro

void bad(char* to, const char* from) {
    asio::co_spawn(io, work(), asio::detached); // <-- detached
    std::thread(run).detach(); // <-- detached
    sleep(1); // <-- sleep
    ::usleep(5); // <-- sleep
    std::this_thread::sleep_for(1s); // <-- sleep
    system("ls"); // <-- shell
    FILE* pipe = popen(from, "r"); // <-- shell
    strcpy(to, from); // <-- unbounded
    std::sprintf(to, "%s", from); // <-- unbounded
    const int number = atoi(from); // <-- loose-number
    const int other = std::stoi(from); // <-- loose-number
    srand(rand()); // <-- random random
    auto* naked = new Thing(); // <-- naked-new
    delete naked; // <-- naked-delete
    try {
        run();
    } catch (...) {} // <-- swallowed
    try {
        run();
    } catch (const std::exception&) { // <-- swallowed

    }
    try {
        run();
    } catch (...) {
        // Logging failed as well; there is nobody left to tell.
    }
    const OptionPtr owned = OptionPtr(new Option(66));
    std::shared_ptr<Option> shared(new Option(66));
    char* mine = const_cast<char*>(from); // <-- const-cast
}

TEST(Sample, DISABLED_Flaky) {} // <-- disabled-test

struct Good {
    Good(const Good&) = delete;
    void* operator new(std::size_t size) = delete;
    std::error_category& category = std::system_category();
    std::string says = "sleep(1); new; delete; system(\"x\"); detached"; // sleep(1)
    const char* raw = R"x(strcpy(a, b) "quoted" new)x";
    int digits = 1'000'000;
    char quote = '"';
    int after = newest(deleted, brand(1));
    Old old = new (place) Old(); // lint-allow(naked-new): placement in the pool's memory
    Old two = new Old(); // lint-allow(naked-new) // <-- naked-new nolint
};
