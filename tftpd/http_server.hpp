// The sockets of HTTP and HTTPS and what is answered there: GET and HEAD of files, nothing else.
// One thread, the poller's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/fd.hpp"
#include "tftpd/admission.hpp"
#include "tftpd/file_gate.hpp"
#include "tftpd/gatekeeper.hpp"
#include "tftpd/http_auth.hpp"
#include "tftpd/http_connection.hpp"
#include "tftpd/poller.hpp"
#include "tftpd/settings.hpp"
#include "tftpd/transfer_record.hpp"

namespace plugtone::tftpd {

class HttpServer final : private HttpAnswers {
public:
    // Of a listener's connections; may be empty, then the connection is closed at once.
    using MakeStream = std::function<std::unique_ptr<HttpStream>(Fd socket)>;

    // All that is referred to must outlive the server. handshakes: those under way.
    HttpServer(Poller& poller, FileGate& gate, Gatekeeper& gatekeeper, TransferReports& reports,
               Admission& admission, Admission& handshakes, const HttpSettings& settings);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer();

    // listener: as open_listeners prepares it.
    void start(Fd listener, Channel channel, MakeStream make_stream);
    // Called before the metrics are read, to bring them up to date.
    void before_metrics(std::function<void()> callback) { before_metrics_ = std::move(callback); }
    // Takes no more connections and ends the idle ones; replies are finished.
    void stop();

private:
    class Listener;
    struct Entry {
        std::unique_ptr<HttpConnection> connection;
        Channel channel = Channel::http;
    };

    void accept(const Listener& listener, Fd socket, const Ipv4& peer);
    HttpReply answer(const HttpRequest& request, HttpConnection& connection) override;
    HttpReply answer_file(const HttpRequest& request, const std::string& name,
                          HttpConnection& connection, Channel channel);
    HttpReply answer_metrics(const HttpRequest& request);
    HttpReply error(const HttpRequest& request, unsigned status, bool keeps_alive,
                    const std::vector<std::pair<std::string, std::string>>& fields = {}) const;
    HttpReply answer_bad(const BadHead& head, HttpConnection& connection) override;
    void on_handshake(HttpConnection& connection) override;
    void on_end(HttpConnection& connection) override;

    Poller& poller_;
    FileGate& gate_;
    Gatekeeper& gatekeeper_;
    TransferReports& reports_;
    Admission& admission_;
    Admission& handshakes_;
    HttpSettings settings_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    // No larger than the admission allows.
    std::unordered_map<const HttpConnection*, Entry> connections_;
    HttpAuthenticator authenticator_;
    std::function<void()> before_metrics_;
    bool stopping_ = false;
};

} // namespace plugtone::tftpd
