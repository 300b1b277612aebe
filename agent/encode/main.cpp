// plugtone-encode: runs a class's legacy-encoder for one device, in the sandbox of
// plugtone-encoder@.service (docs/agent.md, "Legacy encoder"). Reads "CLASS MAC\n" from its
// standard input, finds the program in the class files - so that nobody can have another one run -
// and becomes it: the rest of the standard input is the program's.
#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "core/base/mac.hpp"
#include "core/base/text.hpp"
#include "core/classes/class_table.hpp"

namespace {

using namespace plugtone;

constexpr int usage_status = 2;
constexpr std::size_t question_size_max = 128;

// Byte by byte: what follows the line belongs to the program.
Result<std::string> read_question() {
    std::string line;
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) == 1) {
        if (byte == '\n')
            return line;
        line += byte;
        if (line.size() > question_size_max)
            break;
    }
    return fail("want a line 'CLASS MAC' first, got '" + printable(line) + "'");
}

Result<std::vector<std::string>> command_for(const std::string& question,
                                             const std::vector<std::string>& folders) {
    const auto parts = words(question);
    const auto mac = parts.size() == 2
                         ? Mac::parse(parts[1])
                         : Result<Mac>(fail("want 'CLASS MAC', got '" + printable(question) + "'"));
    if (!mac)
        return tl::unexpected(mac.error());
    const LoadedClasses loaded = load_classes(folders);
    const DeviceClass* device_class = loaded.table.find(parts[0]);
    if (device_class == nullptr || device_class->formats.legacy_encoder.empty())
        return fail(ErrorKind::not_found,
                    "class '" + printable(parts[0]) + "' has no legacy-encoder in the class files");
    std::vector<std::string> command = device_class->formats.legacy_encoder;
    for (std::string& word : command)
        if (word == "{mac}")
            word = mac->text();
    return command;
}

// Only returns when it fails. No shell, and nothing of our environment.
Error become(const std::vector<std::string>& command) {
    std::vector<std::string> copies = command;
    std::vector<char*> arguments;
    arguments.reserve(copies.size() + 1);
    for (std::string& word : copies)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::string path = "PATH=/usr/bin:/bin";
    std::array<char*, 2> environment = {path.data(), nullptr};
    ::execve(arguments.front(), arguments.data(), environment.data());
    return fail_errno("cannot run " + command.front()).value();
}

int run(int argc, char** argv) {
    std::vector<std::string> folders = {"/usr/share/plugtone/classes.d", "/etc/plugtone/classes.d"};
    CLI::App app("plugtone-encode: runs the legacy-encoder of a device class");
    app.add_option("--classes", folders,
                   "folders of device classes; later ones replace earlier ones")
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : usage_status;
    }
    const auto question = read_question();
    const auto command = question
                             ? command_for(*question, folders)
                             : Result<std::vector<std::string>>(tl::unexpected(question.error()));
    const Error error = command ? become(*command) : command.error();
    std::fprintf(stderr, "plugtone-encode: %s\n", error.message.c_str());
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "plugtone-encode: %s\n", error.what());
        return 1;
    }
}
