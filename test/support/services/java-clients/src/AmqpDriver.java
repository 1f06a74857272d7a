import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Method;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Drives RabbitMQ's Java client for the tests in test/services/amqp, one thread per client.
 * Reads commands as JSON lines from standard input; prints answers and events as JSON lines.
 * The commands are those of test/support/services/amqp-driver.ts.
 */
public final class AmqpDriver {
  private final Map<String, ExecutorService> threads = new HashMap<>();
  private final Map<String, AmqpConnection> connections = new HashMap<>();

  private AmqpDriver() {}

  public static void main(String[] args) throws Exception {
    AmqpDriver driver = new AmqpDriver();
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonObject command = JsonParser.parseString(line).getAsJsonObject();
      String name = command.get("client").getAsString();
      driver.threads.computeIfAbsent(name, key -> Executors.newSingleThreadExecutor())
          .execute(() -> driver.carryOut(name, command));
    }
    Runtime.getRuntime().halt(0);
  }

  static void succeed(int id, JsonObject answer) {
    answer.addProperty("id", id);
    Driver.print(answer);
  }

  static void fail(int id, Throwable error) {
    JsonObject answer = new JsonObject();
    answer.addProperty("id", id);
    answer.addProperty("error", String.valueOf(error));
    answer.addProperty("code", codeOf(error));
    Driver.print(answer);
  }

  private void carryOut(String name, JsonObject command) {
    int id = command.get("id").getAsInt();
    try {
      if (command.get("command").getAsString().equals("open")) {
        open(name, command);
        succeed(id, new JsonObject());
      } else {
        connectionOf(name).carryOut(id, command);
      }
    } catch (Exception error) {
      fail(id, error);
    }
  }

  private void open(String name, JsonObject command) throws Exception {
    AmqpConnection before;
    synchronized (connections) {
      before = connections.remove(name);
    }
    if (before != null) before.close();
    AmqpConnection connection = new AmqpConnection(name, command);
    synchronized (connections) {
      connections.put(name, connection);
    }
  }

  private AmqpConnection connectionOf(String name) {
    synchronized (connections) {
      return connections.get(name);
    }
  }

  /** The code that the server gave for closing a channel or connection; null = it gave none. */
  private static Integer codeOf(Throwable error) {
    if (error == null) return null;
    if (error instanceof AuthenticationFailureException) return AMQP.ACCESS_REFUSED;
    if (error instanceof ShutdownSignalException signal) {
      Method reason = signal.getReason();
      if (reason instanceof AMQP.Channel.Close close) return close.getReplyCode();
      if (reason instanceof AMQP.Connection.Close close) return close.getReplyCode();
    }
    return codeOf(error.getCause());
  }
}
